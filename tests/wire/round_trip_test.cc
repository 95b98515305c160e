// Random structures through each codec and back, and damaged bytes into each reader.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "sample/shapes/Echo.h"
#include "tests/protocol/plain_values.h"
#include "tests/wire/random_shape.h"
#include "wire/cbor/cbor_reader.h"
#include "wire/cbor/cbor_writer.h"
#include "wire/json_codec.h"
#include "wire/rpc/query_form.h"
#include "wire/xml/xml_codec.h"

namespace bedplate::wire {
namespace {

using gen::sample::Echo;
using protocol_tests::ToPlain;

struct Codec {
  std::string name;
  RandomOptions options;
  std::function<void(const Echo&, std::string&)> write;
  std::function<Result<void>(std::string_view, Echo&)> read;
};

const Codec kCodecs[] = {
    {"json",
     {},
     [](const Echo& echo, std::string& out) {
       JsonShapeWriter(out).Structure(Echo::kShape, &echo);
     },
     [](std::string_view bytes, Echo& echo) {
       JsonShapeReader reader(bytes);
       reader.Structure(Echo::kShape, &echo);
       return reader.Finish();
     }},
    {"xml",
     {.control_characters = false, .documents = false},
     [](const Echo& echo, std::string& out) {
       XmlShapeWriter writer(out);
       writer.SetElement("Echo");
       writer.Structure(Echo::kShape, &echo);
     },
     [](std::string_view bytes, Echo& echo) {
       return ReadXml(bytes, Echo::kShape, &echo, MemberScope::kAll);
     }},
    {"cbor",
     {.documents = false, .nanoseconds_step = 1'000'000},
     [](const Echo& echo, std::string& out) {
       CborShapeWriter(out).Structure(Echo::kShape, &echo);
     },
     [](std::string_view bytes, Echo& echo) {
       CborShapeReader reader(bytes);
       reader.Structure(Echo::kShape, &echo);
       return reader.Finish();
     }},
};

TEST(RoundTrip, WhatWasWrittenReadsBackTheSame) {
  std::mt19937_64 random(17);
  for (const Codec& codec : kCodecs) {
    for (int i = 0; i < 500; ++i) {
      Echo echo;
      FillRandom(random, codec.options, Echo::kShape, &echo);
      std::string bytes;
      codec.write(echo, bytes);
      Echo back;
      const auto read = codec.read(bytes, back);
      ASSERT_TRUE(read) << codec.name << ": " << read.error().message << "\n" << bytes;
      ASSERT_EQ(ToPlain(Echo::kShape, &back).ToJson(), ToPlain(Echo::kShape, &echo).ToJson())
          << codec.name << "\n"
          << bytes;
    }
  }
}

TEST(RoundTrip, DamagedBytesAreReadOrRefusedAndNothingElse) {
  std::mt19937_64 random(19);
  for (const Codec& codec : kCodecs) {
    int refused = 0;
    for (int i = 0; i < 1000; ++i) {
      Echo echo;
      FillRandom(random, codec.options, Echo::kShape, &echo);
      std::string bytes;
      codec.write(echo, bytes);
      for (size_t k = random() % 4; k > 0; --k) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      if (random() % 3 == 0) bytes.resize(random() % bytes.size());
      Echo back;
      const auto read = codec.read(bytes, back);
      if (!read) {
        ++refused;
        EXPECT_FALSE(read.error().message.empty());
      }
    }
    EXPECT_GT(refused, 200) << codec.name;
  }
}

TEST(Hostile, DepthIsBoundedInEveryCodec) {
  const auto repeat = [](std::string_view text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  };
  Echo echo;
  EXPECT_FALSE(kCodecs[0].read(repeat(R"({"tree":{"twin":)", 100'000), echo));
  EXPECT_FALSE(kCodecs[0].read(R"({"unknown":)" + repeat("[", 1'000'000), echo));
  EXPECT_FALSE(kCodecs[1].read(
      "<Echo><tree>" + repeat("<twin>", 10'000) + repeat("</twin>", 10'000) + "</tree></Echo>",
      echo));
  // {"tree": {"twin": {"twin": ...
  EXPECT_FALSE(kCodecs[2].read("\xBF\x64tree" + repeat("\xBF\x64twin", 100'000), echo));
  // An unknown member that is a tag of a tag of a tag ...
  EXPECT_FALSE(kCodecs[2].read("\xBF\x61x" + repeat("\xC1", 1'000'000), echo));
  EXPECT_FALSE(kCodecs[2].read("\xBF\x61x" + repeat("\x9F", 1'000'000), echo));
}

TEST(Hostile, LengthsThatLieAllocateNothing) {
  Echo echo;
  // {"name": a text of 2^62 bytes}, {"choices": a list of 2^32 - 1}, {"labels": a map of 2^63}
  for (const std::string_view bytes :
       {std::string_view("\xBF\x64name\x7B\x40\0\0\0\0\0\0\0", 15),
        std::string_view("\xBF\x67"
                         "choices\x9A\xFF\xFF\xFF\xFF",
                         14),
        std::string_view("\xBF\x66labels\xBB\x80\0\0\0\0\0\0\0", 17)}) {
    const auto read = kCodecs[2].read(bytes, echo);
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().message.starts_with("The body ends within a value"))
        << read.error().message;
  }
}

TEST(Hostile, ManyStructuresInAFewBytesAreBounded) {
  std::string body = R"({"choices":[{})";
  for (int i = 0; i < 200'000; ++i) body += ",{}";
  Echo echo;
  const auto read = kCodecs[0].read(body + "]}", echo);
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().message.find("More than 1000000 values") != std::string::npos)
      << read.error().message;
}

TEST(Hostile, XmlTwiceAndEntities) {
  Echo echo;
  EXPECT_FALSE(kCodecs[1].read("<Echo><name>a</name><name>b</name></Echo>", echo));
  Echo expanded;
  ASSERT_TRUE(kCodecs[1].read(
      "<!DOCTYPE Echo [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Echo><name>&a;</name></Echo>",
      expanded));
  EXPECT_EQ(*expanded.name, "&a;");
  EXPECT_FALSE(kCodecs[1].read("<Echo><name>\xFF</name></Echo>", echo));
  EXPECT_FALSE(kCodecs[1].read("", echo));
}

TEST(Hostile, CborTwiceAndOddItems) {
  Echo echo;
  const auto refused = [&](std::string_view bytes) { return !kCodecs[2].read(bytes, echo); };
  EXPECT_TRUE(
      refused(std::string_view("\xBF\x64name\x61"
                               "a\x64name\x61"
                               "b\xFF",
                               16)));
  EXPECT_TRUE(refused("\xBF\x64name\x1C\xFF"));      // a reserved head
  EXPECT_TRUE(refused("\xBF\x64name\x61\xFF\xFF"));  // not UTF-8
  EXPECT_TRUE(refused("\xBF\x01\x01\xFF"));          // a key that is no text
  EXPECT_TRUE(refused("\xBF\xFF\xFF"));              // something after the value
  EXPECT_TRUE(refused("\xFF"));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("\xBF\x64name\x7F\x41z\xFF\xFF"));  // bytes within a text
}

TEST(Hostile, FormsAreBounded) {
  EXPECT_TRUE(ParseForm("a.b.1=x&a.b.2=y"));
  EXPECT_FALSE(ParseForm("a=1&a=2"));
  EXPECT_FALSE(ParseForm("a=%"));
  EXPECT_FALSE(ParseForm("a=%FF"));
  std::string deep = "a";
  for (int i = 0; i < 1000; ++i) deep += ".a";
  EXPECT_FALSE(ParseForm(deep + "=1"));
  std::string many;
  for (int i = 0; i < 3000; ++i) {
    many += "&" + std::to_string(i);
    for (int k = 0; k < 50; ++k) many += ".a";
  }
  EXPECT_FALSE(ParseForm(many));
}

}  // namespace
}  // namespace bedplate::wire
