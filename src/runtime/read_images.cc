#include "runtime/read_images.h"

#include <memory>
#include <stop_token>
#include <utility>

namespace bedplate::runtime {
namespace {

net::Task<Result<void>> DecodeAll(const ImageProgram& program, net::BlockingPool& pool,
                                  ImageReading& reading) {
  while (!reading.done()) {
    auto decoded = co_await pool.Run(
        [&](const std::stop_token& stop) { return program.DecodeNext(reading, stop); });
    if (!decoded) co_return decoded;
  }
  co_return Result<void>();
}

}  // namespace

net::Task<Result<void>> ReadImages(const ImageProgram& program, net::BlockingPool& pool,
                                   Conversation& conversation, ByteBudget::Share& held) {
  auto reading = program.Begin(conversation, held);
  if (!reading) co_return std::unexpected(std::move(reading.error()));
  if (auto decoded = co_await DecodeAll(program, pool, *reading); !decoded) co_return decoded;
  ImageProgram::Put(std::move(*reading), conversation);
  co_return Result<void>();
}

net::Task<Result<void>> ReadImages(const ImageProgram& program, net::BlockingPool& pool,
                                   const models::Model& model, std::string& body,
                                   ByteBudget::Share& held) {
  auto begun = co_await pool.Run([&] { return program.Begin(model, body, held); });
  if (!begun) co_return std::unexpected(std::move(begun.error()));
  if (*begun == nullptr) co_return Result<void>();
  BodyImageReading& reading = **begun;
  if (auto decoded = co_await DecodeAll(program, pool, reading.reading); !decoded) {
    co_return decoded;
  }
  co_return co_await pool.Run([&] {
    body = ImageProgram::Put(reading);
    return Result<void>();
  });
}

}  // namespace bedplate::runtime
