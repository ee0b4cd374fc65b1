// SPDX-License-Identifier: Apache-2.0
// The compiled part of pion::cuda: its kernels, for nvcc.

#include <pion/cuda/launch.cuh>
// Last: it instantiates what is above.
#include <pion/cuda/instances.inl>
