// Makes the input, output and events of operations that a test knows by name only.
#pragma once

#include <memory>
#include <span>

#include "wire/operation.h"

namespace bedplate::protocol_tests {

template <class T>
std::shared_ptr<void> Make() {
  return std::make_shared<T>();
}

// Null where the operation has none.
struct OperationObjects {
  std::shared_ptr<void> (*input)();
  std::shared_ptr<void> (*output)();
  std::shared_ptr<void> (*event)();
};

struct ServiceObjects {
  const wire::Service* service;
  std::span<const OperationObjects> operations;  // in the order of service->operations
};

}  // namespace bedplate::protocol_tests
