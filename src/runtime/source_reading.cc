#include "runtime/source_reading.h"

#include <cstddef>
#include <string>
#include <utility>

namespace bedplate::runtime {
namespace {

// Some hundred microseconds of work.
constexpr size_t kInlineBytesMax = 64 << 10;

}  // namespace

net::Task<Result<SourceIndexPtr>> IndexSources(net::BlockingPool& pool,
                                               std::vector<models::ChatSource> sources) {
  if (sources.empty()) co_return SourceIndexPtr();
  size_t bytes = 0;
  for (const models::ChatSource& source : sources) {
    for (const std::string& text : source.content) bytes += text.size();
  }
  const auto make = [&]() -> Result<SourceIndexPtr> {
    return std::make_shared<const models::SourceIndex>(std::move(sources));
  };
  if (bytes <= kInlineBytesMax) co_return make();
  co_return co_await pool.Run(make);
}

}  // namespace bedplate::runtime
