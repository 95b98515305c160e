// EndpointTable: the model endpoints that accounts made or registered.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/tag_table.h"

namespace bedplate::state {

struct EndpointRow {
  std::string account;
  std::string region;
  std::string name;
  std::string source;      // the model source that the caller gave
  std::string url;         // of the server, or empty for a model of this server
  std::string model;       // what the server calls it, or the id of a model of this server
  std::string config;      // JSON, or empty
  bool registered = true;  // usable as a model
  bool compatible = true;  // as it was seen last, with the next
  std::string message;
  std::string client_token;   // of the request that made it, or empty
  std::string update_token;   // of the last updates, or empty before the first
  int64_t created_at_ms = 0;  // since the Unix epoch
  int64_t updated_at_ms = 0;
};

struct EndpointKey {
  std::string account;
  std::string region;
  std::string name;
};

class EndpointTable {
 public:
  // Alters the row and says true, or false where it is to stay as it is. What it fails with is what
  // the change fails with.
  using Edit = std::function<Result<bool>(EndpointRow&)>;

  // `database` outlives the table.
  explicit EndpointTable(Database& database) : database_(database) {}

  // Durable, with the tags of `arn`, when it returns: the row, or the one that an earlier request
  // with the same client token made. kConflict when the name is taken, kQuota when there are as
  // many as there can be, kTooManyTags.
  Result<EndpointRow> Insert(const EndpointRow& row, const std::string& arn, const Tags& tags);
  // For a server that is registered: the account's row of the same source, url and model, which is
  // registered from now on, or else `row`, as Insert. Of calls at the same time one makes the row.
  Result<EndpointRow> Register(const EndpointRow& row, const std::string& arn);
  // Reads the row, edits and writes it in one transaction, so that no change at the same time is
  // lost: the row as it is then. Everything but the key, the client token and the time of making
  // can change. kNotFound when there is none.
  Result<EndpointRow> Change(const EndpointKey& key, const Edit& edit);
  // What was seen of it, which no other process needs to know. No error when there is none.
  Result<void> PutState(const EndpointRow& row);
  // With the tags of `resource`, which is the endpoint. kNotFound when there is none.
  Result<void> Delete(const TaggedResource& resource, const std::string& name);
  // Every row, in the order of their making.
  Result<std::vector<EndpointRow>> All();

 private:
  Database& database_;
};

}  // namespace bedplate::state
