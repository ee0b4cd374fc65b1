// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Filters of matrices that lie on many ranks (docs/distributed.md). The communicator on MPI is in
/// pion/distributed/mpi.hpp, which needs pion::mpi; that on NCCL, with filters of device matrices,
/// is in pion/distributed/apply_on_device.hpp, which needs pion::nccl.
#include <pion/distributed/apply.hpp>
#include <pion/distributed/batch.hpp>
#include <pion/distributed/checkpoint.hpp>
#include <pion/distributed/diagnostics.hpp>
#include <pion/distributed/measure_network.hpp>
#include <pion/distributed/one_rank.hpp>
#include <pion/distributed/step.hpp>
#include <pion/distributed/within.hpp>
