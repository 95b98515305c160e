#include <fmt/format.h>

#include <span>
#include <string>
#include <utility>

#include "bedrock_runtime/ops/InvokeModelWithBidirectionalStream.h"
#include "services/bedrock_runtime/bidirectional/answer_events.h"
#include "services/bedrock_runtime/bidirectional/session.h"
#include "services/bedrock_runtime/outcome.h"
#include "services/bedrock_runtime/refusal.h"
#include "services/bedrock_runtime/service.h"
#include "services/metering.h"
#include "services/model_choice.h"

namespace bedplate::services::bedrock_runtime {
namespace {

using bidirectional::Session;
using Event = gen::InvokeModelWithBidirectionalStreamOutput;
using Sink = gen::InvokeModelWithBidirectionalStreamSink;

// The model that a session is held with, from its beginning to its end.
Result<models::ModelPtr> FindPartner(const models::ModelDirectory& directory,
                                     const wire::Call& call, const std::string& model_id) {
  auto choice = FindModel(directory, call, model_id);
  if (!choice) return std::unexpected(std::move(choice.error()));
  if (choice->router) {
    return Refuse(
        fmt::format("A prompt router chooses a model for each prompt, and a session has one model. "
                    "Use a model in place of {}.",
                    model_id));
  }
  if (choice->model->AtBedrock() != nullptr) {
    return Refuse(fmt::format(
        "The model {} is bound to Amazon Bedrock, and InvokeModelWithBidirectionalStream "
        "isn't handed on. Bind the model to weights or to a server, or use "
        "ConverseStream.",
        model_id));
  }
  return std::move(choice->model);
}

net::Task<Result<void>> Send(std::span<const std::string> texts, Sink& sink) {
  Event event;
  for (const std::string& text : texts) {
    event.chunk.emplace().bytes = wire::Blob{.bytes = text};
    auto sent = sink.TryEmit(event);
    if (!sent) sent = co_await sink.Emit(event);
    if (!*sent) co_return std::move(*sent);
  }
  co_return Result<void>();
}

}  // namespace

struct BedrockRuntime::Talk {
  const models::ModelPtr model;
  Sink& sink;
  RunningCount count;
  Session session{};
  bidirectional::AnswerEvents events{};
};

net::Task<Result<void>> BedrockRuntime::AnswerOnce(Talk& talk) {
  auto stream = co_await converser_.ConverseStream(talk.model, talk.session.conversation());
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  auto sent = co_await Send(talk.events.Begin(talk.session.prompt_name()), talk.sink);
  if (!sent) co_return sent;
  for (;;) {
    auto piece = stream->TryNext();
    if (!piece) piece = co_await stream->Next();
    if (!*piece) co_return std::unexpected(std::move(piece->error()));
    if (!**piece) break;
    sent = co_await Send(talk.events.Take(***piece), talk.sink);
    if (!sent) co_return sent;
  }
  const runtime::Outcome& outcome = stream->outcome();
  talk.count.Add(outcome.usage);
  sent = co_await Send(talk.events.Finish(outcome), talk.sink);
  if (!sent) co_return sent;
  talk.session.AddAnswer(talk.events.TakeMessage());
  co_await stream->Finish();
  co_return Result<void>();
}

net::Task<Result<void>> BedrockRuntime::InvokeModelWithBidirectionalStream(
    const wire::Call& call, gen::InvokeModelWithBidirectionalStreamRequest input,
    gen::InvokeModelWithBidirectionalStreamSource& source, Sink& sink) {
  auto model = FindPartner(directory_, call, *input.modelId);
  if (!model) co_return std::unexpected(std::move(model.error()));
  // Clients wait for the answer's head before they send what a person says.
  if (auto opened = co_await sink.Open({}); !opened) co_return opened;
  Talk talk{.model = *model, .sink = sink, .count = {meter_, call, *input.modelId, **model}};
  for (;;) {
    auto event = co_await source.Next();
    if (!event) co_return std::unexpected(std::move(event.error()));
    if (!*event) co_return Result<void>();  // the client has said all
    const auto step = talk.session.Take((*event)->chunk->bytes->bytes);
    if (!step) co_return std::unexpected(step.error());
    if (*step == Session::Step::kEnd) co_return Result<void>();
    if (*step == Session::Step::kListen) continue;
    if (auto answered = co_await AnswerOnce(talk); !answered) co_return answered;
  }
}

}  // namespace bedplate::services::bedrock_runtime
