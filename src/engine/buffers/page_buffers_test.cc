#include "engine/buffers/page_buffers.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "ggml-backend.h"

namespace bedplate::engine {
namespace {

struct BufferDeleter {
  void operator()(ggml_backend_buffer* buffer) const { ggml_backend_buffer_free(buffer); }
};
using Buffer = std::unique_ptr<ggml_backend_buffer, BufferDeleter>;

Buffer Make(size_t size) {
  UsePageBuffers();
  return Buffer(ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), size));
}

size_t ResidentPages(const Buffer& buffer) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t size = ggml_backend_buffer_get_size(buffer.get());
  std::vector<unsigned char> resident((size + page - 1) / page);
  EXPECT_EQ(mincore(ggml_backend_buffer_get_base(buffer.get()), size, resident.data()), 0);
  return static_cast<size_t>(std::ranges::count_if(resident, [](int r) { return (r & 1) != 0; }));
}

TEST(PageBuffers, ALargeBufferCostsNothingUntilItIsWritten) {
  const Buffer buffer = Make(size_t{64} << 20);
  ASSERT_NE(buffer, nullptr);
  ggml_backend_buffer_clear(buffer.get(), 0);
  EXPECT_EQ(ResidentPages(buffer), 0U);
  static_cast<char*>(ggml_backend_buffer_get_base(buffer.get()))[5] = 1;
  EXPECT_GT(ResidentPages(buffer), 0U);
}

TEST(PageBuffers, ClearingMakesZerosAndGivesThePagesBack) {
  const size_t size = (size_t{8} << 20) + 64;
  const Buffer buffer = Make(size);
  ASSERT_NE(buffer, nullptr);
  auto* const bytes = static_cast<char*>(ggml_backend_buffer_get_base(buffer.get()));
  std::memset(bytes, 7, size);
  ggml_backend_buffer_clear(buffer.get(), 0);
  EXPECT_EQ(ResidentPages(buffer), 0U);
  EXPECT_TRUE(std::all_of(bytes, bytes + size, [](char byte) { return byte == 0; }));
}

TEST(PageBuffers, ClearingToAnotherValueWritesIt) {
  const size_t size = size_t{4} << 20;
  const Buffer buffer = Make(size);
  ASSERT_NE(buffer, nullptr);
  ggml_backend_buffer_clear(buffer.get(), 9);
  const auto* const bytes = static_cast<char*>(ggml_backend_buffer_get_base(buffer.get()));
  EXPECT_TRUE(std::all_of(bytes, bytes + size, [](char byte) { return byte == 9; }));
}

TEST(PageBuffers, SmallBuffersWorkAsBefore) {
  const Buffer buffer = Make(1000);
  ASSERT_NE(buffer, nullptr);
  ggml_backend_buffer_clear(buffer.get(), 0);
  const auto* const bytes = static_cast<char*>(ggml_backend_buffer_get_base(buffer.get()));
  EXPECT_TRUE(std::all_of(bytes, bytes + 1000, [](char byte) { return byte == 0; }));
}

TEST(PageBuffers, WhatCannotBeHadIsRefused) { EXPECT_EQ(Make(size_t{1} << 60), nullptr); }

}  // namespace
}  // namespace bedplate::engine
