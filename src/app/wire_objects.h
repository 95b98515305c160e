// Buckets and objects, and the pool on which they wait for the disk.
//
// Threads: made, tended and destroyed by main; what the accessors give is used on all threads.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "account/objects/buckets.h"
#include "account/objects/local_store.h"
#include "account/objects/object_store.h"
#include "account/objects/uploads.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/settings.h"
#include "net/blocking_pool.h"
#include "net/reactors.h"
#include "state/database.h"

namespace bedplate::app {

class ObjectParts {
 public:
  // Blocks on the disk. Fails with a message for the user. `database`,
  // `envelopes` and `reactors` outlive this.
  static Result<std::unique_ptr<ObjectParts>> Make(const Settings& settings,
                                                   const std::filesystem::path& folder,
                                                   state::Database& database,
                                                   account::keys::Envelopes& envelopes,
                                                   net::Reactors& reactors);
  ~ObjectParts();

  account::objects::Buckets& buckets() { return *buckets_; }
  account::objects::LocalStore& store() { return *store_; }
  account::objects::Uploads& uploads() { return uploads_; }
  net::BlockingPool& pool() { return pool_; }
  // Where objects are that jobs read and write: here, or at objects.url.
  account::objects::ObjectStore& objects() { return *objects_; }
  // Whether buckets are this server's own to serve.
  bool are_here() const { return here_; }

  // To be called about once a second: now and then what expired is deleted, and files that nobody
  // needs, on a thread of its own.
  void Tend();

 private:
  ObjectParts(const Settings& settings, std::unique_ptr<account::objects::Buckets> buckets,
              std::unique_ptr<account::objects::LocalStore> store,
              std::unique_ptr<account::objects::ObjectStore> elsewhere);
  void KeepHouse();

  std::unique_ptr<account::objects::Buckets> buckets_;
  std::unique_ptr<account::objects::LocalStore> store_;
  account::objects::Uploads uploads_;
  bool here_;
  std::unique_ptr<account::objects::ObjectStore> objects_;
  net::BlockingPool pool_;
  MonotonicTime expire_at_{};
  MonotonicTime sweep_at_{};
  std::atomic<bool> sweep_due_ = false;
  std::atomic<bool> keeping_house_ = false;
  std::thread house_;
};

}  // namespace bedplate::app
