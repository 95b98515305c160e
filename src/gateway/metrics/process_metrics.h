// What the operating system says of this process, under the names that Prometheus clients use.
#pragma once

namespace bedplate::gateway {

class Exposition;

// Resident and virtual memory, processor time, open files, start time. What cannot be read is
// left out.
void WriteProcessMetrics(Exposition& out);

}  // namespace bedplate::gateway
