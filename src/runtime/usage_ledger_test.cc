#include "runtime/usage_ledger.h"

#include <gtest/gtest.h>

namespace bedplate::runtime {
namespace {

models::Model Priced(std::optional<models::TokenPrice> price) {
  models::Model model;
  model.facts.id = "a.b";
  auto published = std::make_shared<models::Publication>();
  auto provider = std::make_shared<models::Provider>();
  provider->price_as_of = "2025-06";
  published->provider = std::move(provider);
  published->price = price;
  model.published = std::move(published);
  return model;
}

TEST(UsageLedgerTest, ACostIsExactAndOnlyThereWhereAPriceIs) {
  const auto model = Priced(models::TokenPrice{.input = 35'000, .output = 140'000});
  EXPECT_EQ(UseOf(model, {.input_tokens = 3, .output_tokens = 2}).cost_picodollars,
            3 * 35'000 + 2 * 140'000);
  EXPECT_EQ(UseOf(model, {.input_tokens = 0, .output_tokens = 0}).cost_picodollars, 0);
  EXPECT_FALSE(UseOf(model, {.input_tokens = 3, .output_tokens = 2, .cache_read_tokens = 1})
                   .cost_picodollars)
      << "cached tokens have another price";
  EXPECT_FALSE(
      UseOf(Priced(std::nullopt), {.input_tokens = 3, .output_tokens = 2}).cost_picodollars);
  EXPECT_FALSE(UseOf(models::Model{}, {.input_tokens = 3, .output_tokens = 2}).cost_picodollars);
  const auto embeddings = Priced(models::TokenPrice{.input = 20'000, .output = {}});
  EXPECT_EQ(UseOf(embeddings, {.input_tokens = 3, .output_tokens = 0}).cost_picodollars, 60'000);
  EXPECT_FALSE(UseOf(embeddings, {.input_tokens = 3, .output_tokens = 2}).cost_picodollars);
}

TEST(UsageLedgerTest, DollarsHaveAsManyDigitsAsTheyHave) {
  EXPECT_EQ(InDollars(0), "0");
  EXPECT_EQ(InDollars(35'000), "0.000000035");
  EXPECT_EQ(InDollars(1), "0.000000000001");
  EXPECT_EQ(InDollars(2'500'000'000'000), "2.5");
  EXPECT_EQ(InDollars(3'000'000'000'000), "3");
}

TEST(UsageLedgerTest, LinesAreOfAModelAndAProfile) {
  UsageLedger ledger;
  EXPECT_TRUE(ledger.Lines().empty());
  const auto model = Priced(models::TokenPrice{.input = 1, .output = 2});
  ledger.Add(model, "arn:p", UseOf(model, {.input_tokens = 10, .output_tokens = 5}));
  ledger.Add(model, "arn:p", UseOf(model, {.input_tokens = 10, .output_tokens = 5}));
  ledger.Add(model, "", UseOf(model, {.input_tokens = 1, .output_tokens = 1}));
  ledger.Add(model, "",
             UseOf(model, {.input_tokens = 1, .output_tokens = 1, .cache_read_tokens = 7}));
  const auto lines = ledger.Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], (UsageLine{.model_id = "a.b",
                                 .profile_arn = "",
                                 .answers = 2,
                                 .input_tokens = 2,
                                 .output_tokens = 2,
                                 .priced = false,
                                 .cost_picodollars = 3,
                                 .price_as_of = "2025-06"}));
  EXPECT_EQ(lines[1], (UsageLine{.model_id = "a.b",
                                 .profile_arn = "arn:p",
                                 .answers = 2,
                                 .input_tokens = 20,
                                 .output_tokens = 10,
                                 .priced = true,
                                 .cost_picodollars = 40,
                                 .price_as_of = "2025-06"}));
}

}  // namespace
}  // namespace bedplate::runtime
