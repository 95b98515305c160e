// How the next token is chosen from a row of logits.
#pragma once

#include <cstdint>

#include "engine/text/token.h"

namespace bedplate::engine {

// The order of application is that of Hugging Face transformers: penalties, temperature, top_k,
// top_p, min_p, then one draw. It matters: top_p looks at the distribution temperature has shaped.
struct SamplingParams {
  float temperature = 1.0F;        // 0: always the likeliest token; nothing below is looked at then
  int top_k = 0;                   // keep the k likeliest tokens; 0 keeps all
  float top_p = 1.0F;              // keep the smallest set with this share of the probability
  float min_p = 0.0F;              // keep tokens at least this likely, relative to the likeliest
  float repeat_penalty = 1.0F;     // divides a positive logit of a token seen before, in the
                                   // prompt or the answer, and multiplies a negative one; 1 is off
  float presence_penalty = 0.0F;   // taken from the logit of each token the answer already has
  float frequency_penalty = 0.0F;  // taken as often as the answer has the token
  uint64_t seed = 0;               // the draws are a function of seed and position alone
};

}  // namespace bedplate::engine
