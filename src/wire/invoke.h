// How an operation's handler method is called: one small coroutine for each, made by the generated
// service.cc. Everything that does not depend on the types lies in Exchange.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include "wire/call.h"
#include "wire/exchange.h"
#include "wire/facade_exchange.h"

namespace bedplate::wire {

template <class Event, class Output>
class ExchangeSink final : public EventSink<Event, Output> {
 public:
  explicit ExchangeSink(Exchange& exchange) : exchange_(exchange) {}
  net::Task<Result<void>> Open(const Output& output) override {
    return exchange_.OpenStream(&output);
  }
  net::Task<Result<void>> Emit(const Event& event) override { return exchange_.EmitEvent(&event); }
  std::optional<Result<void>> TryEmit(const Event& event) override {
    return exchange_.TryEmitEvent(&event);
  }

 private:
  Exchange& exchange_;
};

template <class Event>
class ExchangeSource final : public EventSource<Event> {
 public:
  explicit ExchangeSource(Exchange& exchange) : exchange_(exchange) {}
  net::Task<Result<std::optional<Event>>> Next() override {
    std::optional<Event> event(std::in_place);
    const auto read = co_await exchange_.ReadEvent(&*event);
    if (!read) co_return std::unexpected(read.error());
    if (!*read) event.reset();
    co_return event;
  }

 private:
  Exchange& exchange_;
};

template <class Output>
class ExchangeBodySink final : public BodySink<Output> {
 public:
  explicit ExchangeBodySink(Exchange& exchange) : exchange_(exchange) {}
  net::Task<Result<void>> Open(const Output& output, uint64_t bytes) override {
    return exchange_.OpenBody(&output, bytes);
  }
  net::Task<Result<void>> Write(std::string_view bytes) override {
    return exchange_.WriteBody(bytes);
  }

 private:
  Exchange& exchange_;
};

// The parts of a handler method's type. Methods take a Call, then the input where there is one,
// then the source where the input (or its payload) is a stream, then the sink where the output's
// is.
template <class Method>
struct MethodTraits;
template <class H, class Out>
struct MethodTraits<net::Task<Result<Out>> (H::*)(const Call&)> {
  using Handler = H;
  using Output = Out;
  using Input = void;
};
template <class H, class Out, class In>
struct MethodTraits<net::Task<Result<Out>> (H::*)(const Call&, In)> {
  using Handler = H;
  using Output = Out;
  using Input = In;
};
template <class H, class In, class Event, class Out>
struct MethodTraits<net::Task<Result<void>> (H::*)(const Call&, In, EventSink<Event, Out>&)> {
  using Handler = H;
  using Input = In;
  using Sink = ExchangeSink<Event, Out>;
};
template <class H, class In, class Sent, class Event, class Out>
struct MethodTraits<net::Task<Result<void>> (H::*)(const Call&, In, EventSource<Sent>&,
                                                   EventSink<Event, Out>&)> {
  using Handler = H;
  using Input = In;
  using Source = ExchangeSource<Sent>;
  using Sink = ExchangeSink<Event, Out>;
};

template <class H, class Out, class In>
struct MethodTraits<net::Task<Result<Out>> (H::*)(const Call&, In, BodySource&)> {
  using Handler = H;
  using Output = Out;
  using Input = In;
};
template <class H, class In, class Out>
struct MethodTraits<net::Task<Result<void>> (H::*)(const Call&, In, BodySink<Out>&)> {
  using Handler = H;
  using Input = In;
  using Sink = ExchangeBodySink<Out>;
};

template <class H>
struct MethodTraits<net::Task<Result<void>> (H::*)(const Call&, FacadeExchange&)> {
  using Handler = H;
};

template <class H, class Event, class Out>
struct MethodTraits<net::Task<Result<void>> (H::*)(const Call&, EventSink<Event, Out>&)> {
  using Handler = H;
  using Input = void;
  using Sink = ExchangeSink<Event, Out>;
};

// Calls the method when the caller may, which has to be waited for.
template <auto kMethod, class Task, class Handler, class Input, class... Stream>
Task CallWhenPermitted(Handler* target, const Call& call, Exchange& exchange,
                       std::unique_ptr<Input> input, Stream&... streams) {
  if (auto may = co_await exchange.CheckPermits(); !may) {
    co_return std::unexpected(std::move(may.error()));
  }
  co_return co_await (target->*kMethod)(call, std::move(*input), streams...);
}

template <auto kMethod, class Task, class Handler, class... Stream>
Task CallWhenPermitted(Handler* target, const Call& call, Exchange& exchange, Stream&... streams) {
  if (auto may = co_await exchange.CheckPermits(); !may) {
    co_return std::unexpected(std::move(may.error()));
  }
  co_return co_await (target->*kMethod)(call, streams...);
}

// Reads the input, asks whether the caller may, and makes the method's coroutine. No coroutine
// itself, so that the input is kept once, in the frame of the method: frames over a kilobyte cost
// the allocator's slow way.
template <auto kMethod, class... Stream>
auto BeginCall(void* handler, const Call& call, Exchange& exchange, Stream&... streams) {
  using Traits = MethodTraits<decltype(kMethod)>;
  auto* const target = static_cast<typename Traits::Handler*>(handler);
  if constexpr (std::is_void_v<typename Traits::Input>) {
    using Task = decltype((target->*kMethod)(call, streams...));
    if (auto read = exchange.ReadNothing(); !read) {
      return Result<Task>(std::unexpected(std::move(read.error())));
    }
    auto may = exchange.TryCheckPermits();
    if (!may) {
      return Result<Task>(CallWhenPermitted<kMethod, Task>(target, call, exchange, streams...));
    }
    if (!*may) return Result<Task>(std::unexpected(std::move(may->error())));
    return Result<Task>((target->*kMethod)(call, streams...));
  } else {
    typename Traits::Input input;
    using Input = typename Traits::Input;
    using Task = decltype((target->*kMethod)(call, std::move(input), streams...));
    if (auto read = exchange.ReadInput(&input); !read) {
      return Result<Task>(std::unexpected(std::move(read.error())));
    }
    auto may = exchange.TryCheckPermits();
    if (!may) {
      return Result<Task>(CallWhenPermitted<kMethod, Task>(
          target, call, exchange, std::make_unique<Input>(std::move(input)), streams...));
    }
    if (!*may) return Result<Task>(std::unexpected(std::move(may->error())));
    return Result<Task>((target->*kMethod)(call, std::move(input), streams...));
  }
}

// `stream`: the source of a streamed payload, where there is one.
template <auto kMethod, class... Stream>
net::Task<Result<void>> InvokeUnary(void* handler, const Call& call, Exchange& exchange,
                                    Stream&... stream) {
  auto begun = BeginCall<kMethod>(handler, call, exchange, stream...);
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  auto output = co_await std::move(*begun);
  if (!output) co_return std::unexpected(std::move(output.error()));
  if constexpr (std::is_void_v<typename MethodTraits<decltype(kMethod)>::Output>) {
    co_return co_await exchange.SendOutput(nullptr);
  } else {
    co_return co_await exchange.SendOutput(&*output);
  }
}

template <auto kMethod>
net::Task<Result<void>> InvokeUpload(void* handler, const Call& call, Exchange& exchange) {
  BodySource* const source = exchange.source();
  if (source == nullptr) co_return Fail(Fault::kInternal, "The request has no body to read");
  co_return co_await InvokeUnary<kMethod>(handler, call, exchange, *source);
}

template <auto kMethod>
net::Task<Result<void>> InvokeDownload(void* handler, const Call& call, Exchange& exchange) {
  typename MethodTraits<decltype(kMethod)>::Sink sink(exchange);
  auto begun = BeginCall<kMethod>(handler, call, exchange, sink);
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  auto done = co_await std::move(*begun);
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return co_await exchange.FinishBody();
}

template <auto kMethod>
net::Task<Result<void>> InvokeStreaming(void* handler, const Call& call, Exchange& exchange) {
  typename MethodTraits<decltype(kMethod)>::Sink sink(exchange);
  auto begun = BeginCall<kMethod>(handler, call, exchange, sink);
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  auto done = co_await std::move(*begun);
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return co_await exchange.FinishStream();
}

template <auto kMethod>
net::Task<Result<void>> InvokeBidirectional(void* handler, const Call& call, Exchange& exchange) {
  typename MethodTraits<decltype(kMethod)>::Source source(exchange);
  typename MethodTraits<decltype(kMethod)>::Sink sink(exchange);
  auto begun = BeginCall<kMethod>(handler, call, exchange, source, sink);
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  auto done = co_await std::move(*begun);
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return co_await exchange.FinishStream();
}

// Its frame lies beside that of the method, and is small.
template <auto kMethod>
net::Task<Result<void>> InvokeFacade(void* handler, const Call& call, Exchange& exchange) {
  auto* const target = static_cast<typename MethodTraits<decltype(kMethod)>::Handler*>(handler);
  if (auto read = exchange.ReadNothing(); !read) co_return read;
  if (auto may = co_await exchange.CheckPermits(); !may) co_return may;
  FacadeExchange facade(exchange);
  auto done = co_await (target->*kMethod)(call, facade);
  if (!done || !exchange.stream_open()) co_return done;
  co_return co_await exchange.FinishStream();
}

}  // namespace bedplate::wire
