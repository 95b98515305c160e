#include "engine/scheduler/types.h"

namespace bedplate::scheduler {

std::string_view Name(EndReason reason) {
  switch (reason) {
    case EndReason::kStop:
      return "stop";
    case EndReason::kLength:
      return "length";
    case EndReason::kCancelled:
      return "cancelled";
    case EndReason::kContextLengthExceeded:
      return "context_length_exceeded";
    case EndReason::kInvalid:
      return "invalid";
    case EndReason::kOverloaded:
      return "overloaded";
    case EndReason::kEngineFailure:
      return "engine_failure";
  }
  return "unknown";
}

void Actions::Clear() {
  started.clear();
  ended.clear();
  memory.clear();
  batch.adapter = 0;
  batch.tokens.clear();
  batch.positions.clear();
  batch.sequences.clear();
  batch.outputs.clear();
  batch.requests.clear();
}

}  // namespace bedplate::scheduler
