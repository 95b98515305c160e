#include "models/hosting/engine_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <string_view>
#include <utility>

#include "base/json/value.h"
#include "base/log.h"
#include "models/hosting/engine_probe.h"

namespace bedplate::models {
namespace {

// No context is made smaller than this, or than the model's own: a conversation has to fit.
constexpr int kContextCellsMin = 4096;

// Absent, negative and too large numbers are 0.
template <class Number>
Number ReadNumber(const json::Value& object, std::string_view key) {
  const json::Value* member = object.Find(key);
  int64_t number = 0;
  if (member == nullptr || !member->ToInt64(number) || number < 0) return 0;
  return std::in_range<Number>(number) ? static_cast<Number>(number) : 0;
}

}  // namespace

std::vector<Room> EngineDescription::Rooms(int context_cells, Use wanted) const {
  const bool fixed = context_cells > 0 || wanted != Use::kText || use != Use::kText;
  const int cells_min =
      fixed ? std::numeric_limits<int>::max() : std::min(kContextCellsMin, context_length);
  std::vector<Room> rooms;
  for (const Context& context : contexts) {
    if (!rooms.empty() && context.cells < cells_min) break;
    rooms.push_back({.context_cells = context.cells, .bytes = Need(context)});
  }
  return rooms;
}

Result<EngineDescription> ReadDescription(const std::string& line) {
  const auto no_description = [] {
    return Fail(Fault::kModelError, "the engine's description of the file can't be read");
  };
  const auto root = json::Value::Parse(line);
  const json::Value* from = root ? root->Find("description") : nullptr;
  if (from == nullptr || !from->is_object()) return no_description();
  EngineDescription description;
  const json::Value* architecture = from->Find("architecture");
  if (architecture != nullptr && architecture->is_string()) {
    description.architecture = *architecture->AsString();
  }
  const auto said = [&](std::string_view key) {
    const json::Value* value = from->Find(key);
    return value != nullptr && value->AsBoolean() != nullptr && *value->AsBoolean();
  };
  if (said("embeddings")) description.use = Use::kEmbeddings;
  if (said("ranks")) description.use = Use::kRanking;
  description.parameters = ReadNumber<uint64_t>(*from, "parameters");
  description.context_length = ReadNumber<int>(*from, "context_length");
  description.weights_bytes = ReadNumber<uint64_t>(*from, "weights_bytes");
  description.overhead_bytes = ReadNumber<uint64_t>(*from, "overhead_bytes");
  if (const json::Value* projector = from->Find("projector"); projector != nullptr) {
    const json::Value* kind = projector->Find("kind");
    if (kind != nullptr && kind->is_string()) description.projector = *kind->AsString();
    description.projector_bytes = ReadNumber<uint64_t>(*projector, "bytes");
  }
  const json::Value* contexts = from->Find("contexts");
  if (contexts == nullptr || !contexts->is_array()) return no_description();
  for (const json::Value& context : *contexts->AsArray()) {
    description.contexts.push_back(
        {.cells = ReadNumber<int>(context, "cells"),
         .cache_bytes = ReadNumber<uint64_t>(context, "cache_bytes"),
         .compute_bytes = ReadNumber<uint64_t>(context, "compute_bytes")});
  }
  if (description.contexts.empty()) return no_description();
  return description;
}

net::Task<Result<EngineDescription>> Describe(boost::asio::any_io_executor executor,
                                              ChildCommand command,
                                              std::chrono::milliseconds time_max) {
  std::string described;
  std::string last_error;
  boost::asio::steady_timer ended(executor, time_max);
  auto process = ChildProcess::Start(
      executor, command,
      [&](std::string_view line) {
        if (line.starts_with(R"({"description":)")) {
          described = line;
          return;
        }
        EngineLogLine read = ReadEngineLogLine(line);
        log::Debug("engine", read.message);
        if (read.level >= log::Level::kError) last_error = std::move(read.message);
      },
      [&] { ended.cancel(); });
  if (!process) co_return std::unexpected(std::move(process.error()));
  boost::system::error_code ignored;
  if (!(*process)->exited()) {
    co_await ended.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  }
  if (!(*process)->exited()) {
    co_return Fail(Fault::kModelError,
                   fmt::format("the file is not described after {} ms", time_max.count()));
  }
  if (!described.empty()) co_return ReadDescription(described);
  std::string why = (*process)->ending();
  if (!last_error.empty()) why += fmt::format(": {}", last_error);
  co_return Fail(Fault::kModelError, std::move(why));
}

}  // namespace bedplate::models
