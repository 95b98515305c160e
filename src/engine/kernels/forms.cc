#include "engine/kernels/forms.h"

namespace bedplate::kernels {

Forms FormsOf(const Attention& attention) {
  Forms forms;
  for (const Format format : {attention.key_format, attention.value_format}) {
    if (format == Format::kBf16) forms.Add(Form::kBf16);
    if (format == Format::kQ8) forms.Add(Form::kQ8);
  }
  if (attention.max_bias != 0) forms.Add(Form::kAlibi);
  if (attention.soft_cap != 0) forms.Add(Form::kSoftCap);
  if (attention.sinks) forms.Add(Form::kSinks);
  return forms;
}

std::string_view NameOf(Form form) {
  switch (form) {
    case Form::kBf16:
      return "BF16";
    case Form::kQ8:
      return "Q8_0";
    case Form::kAlibi:
      return "ALiBi";
    case Form::kSoftCap:
      return "soft cap";
    case Form::kSinks:
      return "sinks";
  }
  return "";
}

}  // namespace bedplate::kernels
