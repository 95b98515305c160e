#include "services/bedrock_runtime/media.h"

#include <fmt/format.h>

#include <utility>

#include "bedrock_runtime/shapes/CitationsConfig.h"
#include "bedrock_runtime/shapes/DocumentContentBlock.h"
#include "bedrock_runtime/shapes/DocumentSource.h"
#include "bedrock_runtime/shapes/ImageSource.h"
#include "services/bedrock_runtime/refusal.h"

namespace bedplate::services::bedrock_runtime {

Result<runtime::DocumentBlock> ToDocument(gen::DocumentBlock&& document, std::string_view place) {
  runtime::DocumentBlock block;
  if (document.format) block.format = document.format->text();
  block.name = std::move(*document.name);
  block.context = std::move(*document.context);
  block.citations = document.citations && document.citations->enabled.value_or(false);
  gen::DocumentSource& source = *document.source;
  if (source.bytes) {
    block.bytes = std::move(source.bytes->bytes);
  } else if (source.text) {
    block.source = runtime::DocumentBlock::Source::kText;
    block.bytes = std::move(*source.text);
  } else if (source.content) {
    block.source = runtime::DocumentBlock::Source::kContent;
    for (gen::DocumentContentBlock& part : *source.content) {
      if (!block.part_ends.empty()) block.bytes += '\n';
      block.bytes += *part.text;
      block.part_ends.push_back(block.bytes.size());
    }
  } else {
    return Refuse(
        fmt::format("This model doesn't support the s3Location field that you provided at "
                    "{}.document.source. Send the document's bytes and try again.",
                    place));
  }
  return block;
}

Result<runtime::ImageBlock> ToImage(gen::ImageBlock&& image, std::string_view place) {
  if (!image.source->bytes) {
    return Refuse(
        fmt::format("This model doesn't support the s3Location field that you provided at "
                    "{}.image.source. Send the image's bytes and try again.",
                    place));
  }
  return runtime::ImageBlock{.format = std::string(image.format->text()),
                             .bytes = std::move(image.source->bytes->bytes)};
}

}  // namespace bedplate::services::bedrock_runtime
