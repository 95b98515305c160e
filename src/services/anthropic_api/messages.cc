#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "models/formats/facades.h"
#include "runtime/facade_body.h"
#include "services/anthropic_api/service.h"
#include "wire/facade_exchange.h"

namespace bedplate::services::anthropic_api {
namespace {

// Before 2023-06-01 streams were others. spec: https://platform.claude.com/docs/en/api/versioning
constexpr std::array<std::string_view, 2> kVersions = {"2023-06-01", "2026-10-21"};

// The version that the request names; the older where it names none.
Result<std::string_view> VersionOf(const wire::FacadeExchange& exchange) {
  const auto version = exchange.Header("anthropic-version");
  if (!version) return kVersions.front();
  if (std::ranges::find(kVersions, *version) != kVersions.end()) return *version;
  return Fail(Fault::kValidation,
              fmt::format("anthropic-version: '{}' is not a version of the API that is served: {}.",
                          version->substr(0, 64), fmt::join(kVersions, ", ")));
}

// An event of the format begins with its type, which is also the name it is sent under.
std::string Framed(std::string_view event) {
  constexpr std::string_view kBegin = R"({"type":")";
  const std::string_view rest = event.substr(kBegin.size());
  return fmt::format("event: {}\ndata: {}\n\n", rest.substr(0, rest.find('"')), event);
}

}  // namespace

Result<AnthropicApi::Asked> AnthropicApi::Read(const wire::Call& call,
                                               const wire::FacadeExchange& exchange) const {
  const auto version = VersionOf(exchange);
  if (!version) return std::unexpected(version.error());
  auto body = runtime::ReadFacadeBody(exchange.body());
  if (!body) return std::unexpected(std::move(body.error()));
  call.model_id = body->model;
  auto choice = FindFacadeModel(directory_, call, body->model, exchange.body());
  if (!choice) return std::unexpected(std::move(choice.error()));
  models::ModelPtr model = choice->model;
  return Asked{.choice = std::move(*choice),
               .request = {.model = std::move(model),
                           .model_as_asked = std::move(body->model),
                           .body = std::string(exchange.body()),
                           .format = &models::kAnthropicFacade,
                           .api = models::NativeApi::kFacade,
                           .api_version = std::string(*version)},
               .stream = body->stream};
}

net::Task<Result<void>> AnthropicApi::CreateMessage(const wire::Call& call,
                                                    wire::FacadeExchange& exchange) {
  auto asked = Read(call, exchange);
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  if (asked->stream) co_return co_await Stream(call, std::move(*asked), exchange);
  auto answer = co_await invoker_.Invoke(std::move(asked->request));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  Count(meter_, call, asked->choice.NameOr(call.model_id), *asked->choice.model, answer->usage);
  co_return co_await exchange.SendJson(std::move(answer->body));
}

// Nothing is sent before the first event, so that a model that fails at once is an ordinary error.
net::Task<Result<void>> AnthropicApi::Stream(const wire::Call& call, Asked asked,
                                             wire::FacadeExchange& exchange) {
  auto stream = co_await invoker_.InvokeStream(std::move(asked.request));
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  for (;;) {
    auto event = co_await stream->Next();
    if (!event) co_return std::unexpected(std::move(event.error()));
    if (!*event) break;
    const std::string framed = Framed(**event);
    auto sent = exchange.TryWriteEvents(framed, 1);
    if (!sent) sent = co_await exchange.WriteEvents(framed, 1);
    if (!*sent) co_return std::move(*sent);
  }
  if (const auto usage = stream->usage()) {
    Count(meter_, call, asked.choice.NameOr(call.model_id), *asked.choice.model, *usage);
  }
  co_await stream->Finish();
  co_return Result<void>();
}

net::Task<Result<void>> AnthropicApi::CountMessageTokens(const wire::Call& call,
                                                         wire::FacadeExchange& exchange) {
  auto asked = Read(call, exchange);
  if (!asked) co_return std::unexpected(std::move(asked.error()));
  const auto count = co_await invoker_.CountTokens(std::move(asked->request));
  if (!count) co_return std::unexpected(count.error());
  co_return co_await exchange.SendJson(fmt::format(R"({{"input_tokens":{}}})", *count));
}

}  // namespace bedplate::services::anthropic_api
