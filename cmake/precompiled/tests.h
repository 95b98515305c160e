// What most files of tests include, as common.h.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common.h"
