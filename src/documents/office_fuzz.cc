// Any bytes as a Word document and as an Excel workbook.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "documents/read_document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)bedplate::documents::DocxText(bytes);
  (void)bedplate::documents::XlsxText(bytes);
  return 0;
}
