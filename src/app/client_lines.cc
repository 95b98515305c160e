#include "app/client_lines.h"

#include <fmt/format.h>

#include "app/print.h"

namespace bedplate::app {

std::string EndpointUrl(const Settings& settings, uint16_t port) {
  const bool tls = !settings.tls.certificate.empty();
  std::string host = settings.listen.address;
  // "All addresses" is none to connect to.
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return fmt::format("{}://{}:{}", tls ? "https" : "http", host, port);
}

std::string ExportLines(std::string_view endpoint, std::string_view region,
                        const account::RootCredentials& root, bool bearer) {
  // What belongs to a real AWS account would be sent along, or win: a session's token, a profile, a
  // bearer key, an endpoint of one service.
  // The semicolon is for `eval $(bedplate env)`: without quotes the lines become one.
  std::string lines =
      "unset AWS_SESSION_TOKEN AWS_PROFILE AWS_BEARER_TOKEN_BEDROCK AWS_ENDPOINT_URL_BEDROCK "
      "AWS_ENDPOINT_URL_BEDROCK_RUNTIME AWS_IGNORE_CONFIGURED_ENDPOINT_URLS;";
  const auto add = [&](std::string_view name, std::string_view value) {
    lines += fmt::format("\nexport {}={}", name, QuoteForShell(value));
  };
  add("AWS_ENDPOINT_URL", endpoint);
  add("AWS_ACCESS_KEY_ID", root.access_key_id);
  add("AWS_SECRET_ACCESS_KEY", root.secret_access_key);
  add("AWS_REGION", region);
  add("AWS_DEFAULT_REGION", region);              // what boto3 and the AWS CLI read
  add("AWS_BEDROCK_RUNTIME_ENDPOINT", endpoint);  // what LiteLLM reads
  if (bearer) add("AWS_BEARER_TOKEN_BEDROCK", root.bearer_key);
  return lines;
}

std::string TryLines(std::string_view model_id, std::string_view programs) {
  const auto program = [&](std::string_view name) {
    return programs.empty() ? std::string(name)
                            : QuoteForShell(fmt::format("{}/{}", programs, name));
  };
  return fmt::format(
      "{1} -c 'import boto3; print(boto3.client(\"bedrock-runtime\").converse("
      "modelId=\"{0}\", messages=[{{\"role\": \"user\", \"content\": [{{\"text\": \"Hello!\"}}]}}])"
      "[\"output\"][\"message\"][\"content\"][0][\"text\"])'\n"
      "{2} bedrock-runtime converse --model-id {0} --messages "
      "'[{{\"role\":\"user\",\"content\":[{{\"text\":\"Hello!\"}}]}}]'",
      model_id, program("python3"), program("aws"));
}

}  // namespace bedplate::app
