#include "runtime/source_reading.h"

#include <cstddef>
#include <string>
#include <utility>

#include "models/citations/answer_citer.h"

namespace bedplate::runtime {
namespace {

// Some hundred microseconds of work each.
constexpr size_t kInlineBytesMax = 64 << 10;
constexpr size_t kInlineAnswerBytesMax = 16 << 10;

size_t BytesOf(const std::vector<models::ChatSource>& sources) {
  size_t bytes = 0;
  for (const models::ChatSource& source : sources) {
    for (const std::string& text : source.content) bytes += text.size();
  }
  return bytes;
}

}  // namespace

net::Task<Result<SourceIndexPtr>> IndexSources(net::BlockingPool& pool,
                                               std::vector<models::ChatSource> sources) {
  if (sources.empty()) co_return SourceIndexPtr();
  const size_t bytes = BytesOf(sources);
  const auto make = [&]() -> Result<SourceIndexPtr> {
    return std::make_shared<const models::SourceIndex>(std::move(sources));
  };
  if (bytes <= kInlineBytesMax) co_return make();
  co_return co_await pool.Run(make);
}

net::Task<Result<void>> CiteAnswer(net::BlockingPool& pool, std::vector<models::ChatSource> sources,
                                   models::ChatAnswer& answer) {
  if (sources.empty()) co_return Result<void>();
  const size_t bytes = BytesOf(sources);
  const auto cite = [&]() -> Result<void> {
    models::CiteAnswer(std::make_shared<const models::SourceIndex>(std::move(sources)), answer);
    return {};
  };
  if (bytes <= kInlineBytesMax && answer.text.size() <= kInlineAnswerBytesMax) co_return cite();
  co_return co_await pool.Run(cite);
}

}  // namespace bedplate::runtime
