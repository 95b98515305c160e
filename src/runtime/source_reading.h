// The sources of a request made ready for the citations of its answer, and these found.
//
// Errors: as net::BlockingPool. Threads: any reactor; what is large is done on the pool.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "models/chat.h"
#include "models/citations/source_index.h"
#include "net/blocking_pool.h"
#include "net/task.h"

namespace bedplate::runtime {

using SourceIndexPtr = std::shared_ptr<const models::SourceIndex>;

// Null where there are no sources: then nothing is done.
net::Task<Result<SourceIndexPtr>> IndexSources(net::BlockingPool& pool,
                                               std::vector<models::ChatSource> sources);

// Sets what the text of a whole answer cites of `sources`.
net::Task<Result<void>> CiteAnswer(net::BlockingPool& pool, std::vector<models::ChatSource> sources,
                                   models::ChatAnswer& answer);

}  // namespace bedplate::runtime
