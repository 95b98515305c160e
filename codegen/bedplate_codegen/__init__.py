"""Writes C++ from botocore's service models: reader -> intermediate form -> C++."""
