#include "app/server_document.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/temporary_folder.h"

namespace bedplate::app {
namespace {

TEST(ServerDocument, ReadsBackWhatWasWritten) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "server.json";
  EXPECT_EQ(ReadServerDocument(file).error().fault, Fault::kNotFound);
  const ServerDocument document{
      .version = "1.2.3",
      .pid = 42,
      .endpoint = "http://[::1]:4600",
      .region = "eu-west-1",
      .started_at_ms = 1'763'800'000'123,
      .models_revision = 7,
      .memory_budget_bytes = 1'000'000,
      .engines = {{.model_id = "a.b",
                   .state = "ready",
                   .pid = 43,
                   .error = "",
                   .pinned = true,
                   .held_bytes = 500,
                   .adapters = {{.model_id = "a.tuned", .error = ""},
                                {.model_id = "a.bad", .error = "it does not fit"}}},
                  {.model_id = "b.c",
                   .state = "starting",
                   .pid = 44,
                   .error = "",
                   .loaded_bytes = 3,
                   .total_bytes = 4},
                  {.model_id = "c.d", .state = "failed", .pid = 0, .error = "said \"no\"\n"}},
      .usage = {{.model_id = "a.b",
                 .profile_arn = "arn:p",
                 .answers = 2,
                 .input_tokens = 30,
                 .output_tokens = 4,
                 .priced = true,
                 .cost_picodollars = 5'000'000'000'000,
                 .price_as_of = "2025-06"},
                {.model_id = "c.d"}}};
  ASSERT_TRUE(WriteServerDocument(file, document));
  const auto read = ReadServerDocument(file);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, document);
}

TEST(ServerDocument, SaysWhenItIsDamaged) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "server.json";
  for (const char* text : {"", "{", "[]", "null"}) {
    std::ofstream(file) << text;
    const auto read = ReadServerDocument(file);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().fault, Fault::kInternal);
  }
}

TEST(ServerDocument, SaysWhyItCannotBeWritten) {
  const TemporaryFolder folder;
  const auto written = WriteServerDocument(folder.path() / "no" / "server.json", {});
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace bedplate::app
