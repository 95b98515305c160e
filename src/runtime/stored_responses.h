// StoredResponses: responses of the OpenAI API that are kept so that they can be read again and
// gone on with, for 30 days as OpenAI does.
//
// Errors: kNotFound, kUnavailable. Threads: any reactor; the database is asked on the pool.
// spec: https://platform.openai.com/docs/api-reference/responses
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "models/model_id.h"
#include "net/blocking_pool.h"
#include "net/task.h"
#include "state/policy_table.h"
#include "state/response_table.h"

namespace bedplate::runtime {

struct StoredResponse {
  std::string id{};
  std::string response{};  // its JSON
  std::string items{};     // a JSON array: the conversation's items up to it and its own
};

class StoredResponses {
 public:
  // All outlive this.
  StoredResponses(state::Database& database, net::BlockingPool& pool, const Clock& clock)
      : table_(database), policies_(database), pool_(pool), clock_(clock) {}

  // Durable when it is done. Keeps nothing where the account's data retention is none.
  net::Task<Result<void>> Keep(models::Scope scope, StoredResponse response);
  net::Task<Result<StoredResponse>> Find(models::Scope scope, std::string id);
  net::Task<Result<void>> Delete(models::Scope scope, std::string id);

 private:
  int64_t NowMs() const;

  state::ResponseTable table_;
  state::PolicyTable policies_;
  net::BlockingPool& pool_;
  const Clock& clock_;
};

}  // namespace bedplate::runtime
