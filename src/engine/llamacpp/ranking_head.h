// Whether a model file has the layer that makes one score of what an encoder read. Without it
// llama.cpp would give a number of the encoder's own as the score.
//
// Threads: pure function. Blocks on the disk.
#pragma once

#include <string>

namespace bedplate::engine {

// `path` is a file that Model::Load took.
bool HasRankingHead(const std::string& path);

}  // namespace bedplate::engine
