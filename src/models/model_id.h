// Model identifiers: the ways a caller may name a model, and the ids a user may give one.
//
// Errors: kValidation in the words Bedrock uses. Threads: pure functions.
// spec: bedrock-runtime#ConverseRequest$modelId
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::models {

// Whose models are meant: every row and every resource belongs to one account and one region.
struct Scope {
  std::string account;  // 12 digits
  std::string region;   // e.g. "us-east-1"
  friend auto operator<=>(const Scope&, const Scope&) = default;
};

struct ModelIdentifier {
  enum class Form : uint8_t {
    kId,                     // provider.model-v1:0, or us.provider.model-v1:0
    kFoundationModelArn,     // arn:aws:bedrock:REGION::foundation-model/ID
    kInferenceProfileArn,    // arn:aws:bedrock:REGION:ACCOUNT:inference-profile/us.ID
    kApplicationProfileArn,  // arn:aws:bedrock:REGION:ACCOUNT:application-inference-profile/ID
    kPromptRouterArn,        // arn:aws:bedrock:REGION:ACCOUNT:prompt-router/ID
    kEndpointArn,            // arn:aws:sagemaker:REGION:ACCOUNT:endpoint/NAME
  };
  Form form = Form::kId;
  std::string id;       // without the ARN's head; may still carry a geography
  std::string region;   // of the ARN; empty for a plain id
  std::string account;  // of what belongs to an account (the last three); empty for the others
};

// Takes an identifier apart. kValidation ("The provided model identifier is invalid. ...") for an
// ARN that names something else than the forms above.
Result<ModelIdentifier> ParseModelIdentifier(std::string_view text);

// "us.provider.model" -> "provider.model"; the text itself where it has no such prefix. Bedrock's
// cross-region inference profiles are a geography before a model id; here one machine is every
// geography.
std::string_view WithoutGeography(std::string_view id);

// Whether `id` may name a model that a user adds: lower-case provider and name parted by a dot,
// as Bedrock's own, e.g. "mycompany.tiny-chat-v1:0". kValidation says what is wrong.
// spec: bedrock#BedrockModelId
Result<void> CheckNewModelId(std::string_view id);

std::string FoundationModelArn(std::string_view region, std::string_view model_id);

// What every operation says of a model that is not there: Bedrock's words, then the identifier.
Error UnknownModel(std::string_view identifier);

}  // namespace bedplate::models
