#include <string>
#include <utility>

#include "bedrock/ops/GetUseCaseForModelAccess.h"
#include "bedrock/ops/PutUseCaseForModelAccess.h"
#include "services/bedrock/service.h"

namespace bedplate::services::bedrock {

net::Task<Result<gen::PutUseCaseForModelAccessResponse>> Bedrock::PutUseCaseForModelAccess(
    const wire::Call& call, gen::PutUseCaseForModelAccessRequest input) {
  auto kept = co_await pool_.Run(
      [&] { return access_.PutUseCase(ScopeOf(call), std::move(input.formData->bytes)); });
  if (!kept) co_return std::unexpected(std::move(kept.error()));
  co_return gen::PutUseCaseForModelAccessResponse{};
}

net::Task<Result<gen::GetUseCaseForModelAccessResponse>> Bedrock::GetUseCaseForModelAccess(
    const wire::Call& call, gen::GetUseCaseForModelAccessRequest) {
  auto form = co_await pool_.Run([&] { return access_.UseCase(ScopeOf(call)); });
  if (!form) co_return std::unexpected(std::move(form.error()));
  gen::GetUseCaseForModelAccessResponse response;
  response.formData = wire::Blob{.bytes = std::move(*form)};
  co_return response;
}

}  // namespace bedplate::services::bedrock
