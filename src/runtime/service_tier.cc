#include "runtime/service_tier.h"

#include <fmt/format.h>

namespace bedplate::runtime {

Result<void> CheckTier(std::string_view tier, std::string_view place, const models::Model& model) {
  if (tier.empty() || tier == "default") return {};
  // Embeddings and rankings are computed in the order they come in, and the protocols they are
  // asked for in have no word for anything else.
  const bool text = model.facts.use() == models::Use::kText;
  if (text && !(tier == "flex" && model.SpeaksMessages())) return {};
  return Fail(Fault::kValidation,
              fmt::format("This model doesn't support the {} service tier that you provided at {}. "
                          "Use {} and try again.",
                          tier, place, text ? "default or priority" : "default"));
}

}  // namespace bedplate::runtime
