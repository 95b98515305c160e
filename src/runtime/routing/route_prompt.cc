#include "runtime/routing/route_prompt.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "runtime/routing/prompt_judge.h"

namespace bedplate::runtime {
namespace {

std::optional<uintmax_t> WeightBytes(const models::Model& model) {
  const auto* weights = std::get_if<models::LocalWeights>(&model.binding);
  if (weights == nullptr) return std::nullopt;
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(weights->file, error);
  if (error) return std::nullopt;
  return size;
}

std::optional<int64_t> Price(const models::Model& model) {
  if (!model.published || !model.published->price) return std::nullopt;
  return model.published->price->output.value_or(model.published->price->input);
}

bool IsStronger(const models::Model& other, const models::Model& fallback) {
  const auto other_bytes = WeightBytes(other);
  const auto fallback_bytes = WeightBytes(fallback);
  if (other_bytes && fallback_bytes && *other_bytes != *fallback_bytes) {
    return *other_bytes > *fallback_bytes;
  }
  const auto other_price = Price(other);
  const auto fallback_price = Price(fallback);
  return other_price && fallback_price && *other_price > *fallback_price;
}

}  // namespace

Result<RoutedPrompt> RoutePrompt(const models::ModelDirectory& directory,
                                 const models::PromptRouter& router, const models::Scope& scope,
                                 std::string_view prompt) {
  const std::string& other_arn = models::OtherThanFallback(router);
  auto fallback = directory.Resolve(router.fallback_model, scope);
  if (!fallback) return std::unexpected(std::move(fallback.error()));
  const auto other = directory.Resolve(other_arn, scope);
  bool take_other = false;
  if (other && !prompt.empty()) {
    const bool hard = DifficultyOf(prompt) > router.quality_difference;
    take_other = IsStronger(**other, **fallback) == hard;
  }
  if (take_other) return RoutedPrompt{.model = *other, .model_arn = other_arn};
  return RoutedPrompt{.model = std::move(*fallback), .model_arn = router.fallback_model};
}

}  // namespace bedplate::runtime
