#include "gateway/gateway.h"

#include <algorithm>
#include <optional>

#include "base/ids.h"
#include "gateway/admission.h"
#include "gateway/authenticate.h"
#include "gateway/authorization/authorize.h"
#include "gateway/body_digests.h"
#include "gateway/bucket_host.h"
#include "gateway/cors.h"
#include "gateway/event_input.h"
#include "gateway/metrics/request_metrics.h"
#include "gateway/operator_pages.h"
#include "gateway/passage.h"
#include "gateway/read_body.h"
#include "gateway/request_record.h"
#include "gateway/route.h"
#include "gateway/streamed_body.h"
#include "wire/error.h"

namespace bedplate::gateway {

struct Gateway::Chain {
  Chain(Options from, const Parts& with)
      : options(std::move(from)),
        parts(with),
        metrics(with.services),
        admission(options.in_flight_max),
        bodies(*options.bodies) {}

  Step Authorize(Passage& passage) const {
    static const ResourceDirectories kNone;
    return gateway::Authorize(
        passage,
        {.region = options.region,
         .directories = parts.directories != nullptr ? *parts.directories : kNone,
         .pool = parts.pool},
        parts.clock.Now());
  }

  // The steps that need not wait, in order.
  Step Begin(Passage& passage) {
    if (auto step = Route(passage, parts.router, parts.services); !step) return step;
    const auto now = std::chrono::floor<std::chrono::seconds>(parts.clock.Now());
    if (auto known = Authenticate(passage, {options.region, parts.identities}, now); !known) {
      return std::unexpected(ToWireError(std::move(known.error())));
    }
    if (passage.match.operation == nullptr) return {};  // CompleteRoute goes on
    return Authorize(passage);
  }

  // Nobody in particular sends forms of the query protocol, whose operation shows behind the body
  // alone; the one that is for nobody takes a token. Larger ones would hold memory of all callers.
  uint64_t BodyBytesMax(const Passage& passage) const {
    constexpr uint64_t kOfStrangers = BodyBudget::kUncountedBytes;
    const bool stranger = passage.principal == nullptr && passage.match.operation == nullptr;
    return stranger ? std::min(kOfStrangers, options.body_bytes_max) : options.body_bytes_max;
  }

  Step CompleteRoute(Passage& passage) const {
    if (passage.match.operation != nullptr) return {};
    auto completed = parts.router.CompleteFromBody(passage.match, passage.body);
    if (!completed) {
      return std::unexpected(wire::WireError{
          .status = 400, .type = "InvalidAction", .message = std::move(completed.error().message)});
    }
    if (auto known = RequireCaller(passage); !known) {
      return std::unexpected(ToWireError(std::move(known.error())));
    }
    return Authorize(passage);
  }

  net::Task<wire::Outcome> Dispatch(const Passage& passage, NotingResponder& responder,
                                    wire::InputEvents* events = nullptr,
                                    wire::BodySource* source = nullptr) const {
    const bool aside = parts.detour != nullptr && parts.detour->Takes(passage.match, passage.call);
    return aside ? parts.detour->Answer(passage.match, passage.call, passage.request, passage.body,
                                        responder)
                 : parts.dispatcher.Dispatch(passage.match, passage.call, passage.request,
                                             passage.body, responder, events, source);
  }

  // What comes behind the authorization of an operation that takes events in place of a body.
  net::Task<void> AnswerEvents(Passage& passage, NotingResponder& responder,
                               RequestRecord& record) {
    if (auto ok = CheckEventInput(passage); !ok) {
      co_return co_await Answer(passage, ok.error(), responder, record);
    }
    FillCall(passage);
    EventBody body(passage,
                   {.bytes_max = options.body_bytes_max,
                    .duration_max = options.session_max,
                    .pause_max = options.event_pause_max},
                   bodies, parts.clock);
    wire::InputEvents events(body, SigningOf(passage, parts.clock));
    const auto outcome = co_await Dispatch(passage, responder, &events);
    if (outcome.status != 0) record.Complete(outcome.error_type, outcome.streamed, outcome.events);
  }

  // The same for one whose payload the handler reads itself.
  net::Task<void> AnswerStreamed(Passage& passage, NotingResponder& responder,
                                 RequestRecord& record) {
    const auto body = StreamedBody::Open(passage, options.streamed_body_bytes_max);
    if (!body) co_return co_await Answer(passage, body.error(), responder, record);
    FillCall(passage);
    const auto outcome = co_await Dispatch(passage, responder, nullptr, body->get());
    if (outcome.status != 0) record.Complete(outcome.error_type);
  }

  void FillCall(Passage& passage) const {
    auto& call = passage.call;
    call.region = options.region;
    call.service = passage.match.service->name;
    call.operation = passage.match.operation->name;
    if (parts.buckets != nullptr) AddCorsHeaders(passage, *parts.buckets);
    if (passage.principal == nullptr) return;
    call.account = passage.principal->account;
    call.principal_arn = passage.principal->arn;
    call.principal = passage.principal;
    if (passage.access_key == nullptr) return;
    parts.identities.NoteUse(*passage.access_key, passage.match.service->signing_name,
                             options.region,
                             std::chrono::floor<std::chrono::seconds>(parts.clock.Now()));
  }

  static net::Task<void> Answer(const Passage& passage, wire::WireError error,
                                NotingResponder& responder, RequestRecord& record) {
    error.resource = passage.view.path;
    const auto sent = co_await responder.Send(wire::ErrorResponse(
        passage.match.protocol, error, passage.call.request_id, passage.match.service));
    if (sent) record.Complete(error.type);
  }

  Options options;
  Parts parts;
  RequestMetrics metrics;
  Admission admission;
  BodyBudget bodies;
};

Gateway::Gateway(Options options, const Parts& parts)
    : chain_(std::make_unique<Chain>(std::move(options), parts)) {}

Gateway::~Gateway() = default;

net::Task<void> Gateway::Handle(net::Request& request, net::Responder& responder) {
  Chain& chain = *chain_;
  // Apart from this coroutine's frame: wire/invoke.h says what large frames cost.
  const auto owned = std::make_unique<Passage>(request);
  Passage& passage = *owned;
  if (auto page = OperatorPage(passage, {chain.options.version, chain.metrics, chain.options.ready,
                                         chain.options.collectors})) {
    (void)co_await responder.Send(std::move(*page));
    co_return;
  }
  passage.call.request_id = NewUuid();
  NotingResponder noting(responder, chain.parts.clock);
  RequestRecord record(passage, noting, chain.metrics, chain.parts.clock, chain.options.access_log);

  NoteFacade(passage, chain.parts.services);
  if (passage.match.service == nullptr) NoteBucketHost(passage, chain.options.bucket_hosts);
  const auto place = chain.admission.Enter();
  if (!place) {
    chain.metrics.Throttled();
    co_return co_await Chain::Answer(passage, place.error(), noting, record);
  }
  if (chain.parts.buckets != nullptr) {
    if (auto preflight = PreflightAnswer(passage, *chain.parts.buckets)) {
      if (co_await noting.Send(std::move(*preflight))) record.Complete();
      co_return;
    }
  }
  if (auto begun = chain.Begin(passage); !begun) {
    co_return co_await Chain::Answer(passage, begun.error(), noting, record);
  }
  if (TakesEvents(passage)) co_return co_await chain.AnswerEvents(passage, noting, record);
  if (StreamsBody(passage)) co_return co_await chain.AnswerStreamed(passage, noting, record);
  if (auto read = co_await ReadBody(passage, chain.BodyBytesMax(passage), chain.bodies); !read) {
    if (read.error().client_left) co_return;
    co_return co_await Chain::Answer(passage, read.error().answer, noting, record);
  }
  if (auto ok = CheckBodyDigests(passage); !ok) {
    co_return co_await Chain::Answer(passage, ok.error(), noting, record);
  }
  if (auto routed = chain.CompleteRoute(passage); !routed) {
    co_return co_await Chain::Answer(passage, routed.error(), noting, record);
  }
  chain.FillCall(passage);
  const auto outcome = co_await chain.Dispatch(passage, noting);
  if (outcome.status != 0) record.Complete(outcome.error_type, outcome.streamed, outcome.events);
}

net::Response Gateway::AnswerWithoutRequest(int status, std::string_view message) {
  wire::WireError error{.status = status, .message = std::string(message)};
  switch (status) {
    case 408:
      error.type = "RequestTimeoutException";
      break;
    case 503:
      error.type = "ServiceUnavailableException";
      error.retry_after_s = 1;
      break;
    case 500:
      error.type = "InternalServerException";
      break;
    case 501:
      error.type = "NotImplementedException";
      break;
    default:
      error.type = "ValidationException";
      break;
  }
  return wire::ErrorResponse(wire::Protocol::kRestJson, error, NewUuid());
}

}  // namespace bedplate::gateway
