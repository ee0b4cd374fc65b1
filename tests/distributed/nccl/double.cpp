// SPDX-License-Identifier: Apache-2.0
// A test double of NCCL: the entry points that pion calls, on MPI, linked in place of the library,
// beside the double of a CUDA device (tests/cuda/double/device.hpp). What a group holds becomes one
// operation of its stream, with all messages under way at once.
#include "distributed/nccl/double.hpp"

#include <cstddef>
#include <vector>

#include "cuda/double/device.hpp"

struct ncclComm {
  MPI_Comm ranks = MPI_COMM_NULL;
};

namespace {

struct Message {
  bool sent;
  void* data;
  std::size_t bytes;
  int other;
  MPI_Comm ranks;
  cudaStream_t stream;
};

bool open_group = false;
std::vector<Message> group;

ncclResult_t failing(const char* name) {
  return static_cast<ncclResult_t>(device_double::called(name));
}

ncclResult_t add(const char* name, const Message& message) {
  if (!open_group) return ncclInvalidUsage;  // alone, it would wait for the other's
  if (const ncclResult_t code = failing(name); code != ncclSuccess) return code;
  if (message.sent) {
    nccl_double::sent().bytes += static_cast<double>(message.bytes);
  }
  group.push_back(message);
  return ncclSuccess;
}

}  // namespace

nccl_double::Sent& nccl_double::sent() {
  static Sent since_reset;
  return since_reset;
}

extern "C" {

const char* ncclGetErrorString(ncclResult_t code) {
  return code == ncclSystemError ? "unhandled system error" : "another ncclResult_t";
}

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  *id = {};
  return ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t* comm, int, ncclUniqueId, int) {
  *comm = new ncclComm;
  MPI_Comm_dup(MPI_COMM_WORLD, &(*comm)->ranks);
  return ncclSuccess;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  MPI_Comm_free(&comm->ranks);
  delete comm;
  return ncclSuccess;
}

ncclResult_t ncclCommUserRank(const ncclComm_t comm, int* rank) {
  MPI_Comm_rank(comm->ranks, rank);
  return failing("ncclCommUserRank");
}

ncclResult_t ncclCommCount(const ncclComm_t comm, int* size) {
  MPI_Comm_size(comm->ranks, size);
  return ncclSuccess;
}

ncclResult_t ncclSend(const void* from, std::size_t count, ncclDataType_t, int peer,
                      ncclComm_t comm, cudaStream_t stream) {
  return add("ncclSend", {true, const_cast<void*>(from), count, peer, comm->ranks, stream});
}

ncclResult_t ncclRecv(void* to, std::size_t count, ncclDataType_t, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
  return add("ncclRecv", {false, to, count, peer, comm->ranks, stream});
}

ncclResult_t ncclGroupStart() {
  if (const ncclResult_t code = failing("ncclGroupStart"); code != ncclSuccess) return code;
  open_group = true;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  if (!open_group) return ncclInvalidUsage;
  open_group = false;
  std::vector<Message> messages;
  messages.swap(group);
  ++nccl_double::sent().messages;
  if (messages.empty()) return ncclSuccess;
  device_double::put(messages.front().stream, [messages] {
    std::vector<MPI_Request> under_way;
    for (const Message& m : messages) {
      const int bytes = static_cast<int>(m.bytes);
      MPI_Request& one = under_way.emplace_back();
      if (m.sent) {
        MPI_Isend(m.data, bytes, MPI_BYTE, m.other, 0, m.ranks, &one);
      } else {
        MPI_Irecv(m.data, bytes, MPI_BYTE, m.other, 0, m.ranks, &one);
      }
    }
    MPI_Waitall(static_cast<int>(under_way.size()), under_way.data(), MPI_STATUSES_IGNORE);
  });
  return ncclSuccess;
}

ncclResult_t ncclBroadcast(const void* from, void* to, std::size_t count, ncclDataType_t, int root,
                           ncclComm_t comm, cudaStream_t stream) {
  if (from != to) return ncclInvalidArgument;  // the double knows it in place alone
  device_double::put(stream, [to, count, root, ranks = comm->ranks] {
    MPI_Bcast(to, static_cast<int>(count), MPI_BYTE, root, ranks);
  });
  return ncclSuccess;
}
}
