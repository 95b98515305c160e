// The body of Amazon Titan Text Embeddings V2, which InvokeModel takes for embedding models.
//
// Errors: kValidation in the service's words. Threads: pure functions.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::models {

struct TitanEmbeddingsRequest {
  std::string input_text;
  bool normalize = true;
  bool float_wanted = true;
  bool binary_wanted = false;
};

// `dimensions` is the only length the model makes; 0 when it is not known yet, then a body that
// asks for a length is refused later, by CheckDimensions.
struct ReadTitan {
  TitanEmbeddingsRequest request;
  int dimensions_asked = 0;  // 0: the model's own
};
Result<ReadTitan> ReadTitanEmbeddingsRequest(std::string_view body);

// kValidation unless `asked` is 0 or the model's own length.
Result<void> CheckTitanDimensions(int asked, int dimensions);

std::string WriteTitanEmbeddingsResponse(const TitanEmbeddingsRequest& request,
                                         const std::vector<float>& values, int64_t input_tokens);

// Scales to length 1; a vector of zeros stays.
void Normalize(std::vector<float>& values);

}  // namespace bedplate::models
