// What NVRTC knows without a header, for a clang that is to read what NVRTC would compile.
#pragma once
#pragma clang force_cuda_host_device begin

#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))

struct Place {
  unsigned x, y, z;
};
extern const __device__ Place threadIdx, blockIdx, blockDim, gridDim;

#define OF_ONE(NAME) float NAME(float);
OF_ONE(expf) OF_ONE(exp2f) OF_ONE(logf) OF_ONE(log2f) OF_ONE(log10f) OF_ONE(sinf) OF_ONE(cosf)
OF_ONE(tanf) OF_ONE(asinf) OF_ONE(acosf) OF_ONE(atanf) OF_ONE(sinhf) OF_ONE(coshf) OF_ONE(tanhf)
OF_ONE(asinhf) OF_ONE(acoshf) OF_ONE(atanhf) OF_ONE(sqrtf) OF_ONE(rsqrtf) OF_ONE(floorf)
OF_ONE(ceilf) OF_ONE(truncf) OF_ONE(rintf) OF_ONE(roundf) OF_ONE(fabsf)
OF_ONE(__expf) OF_ONE(__logf) OF_ONE(__log2f) OF_ONE(__log10f) OF_ONE(__sinf) OF_ONE(__cosf)
OF_ONE(__tanf) OF_ONE(__fsqrt_rn) OF_ONE(__frsqrt_rn)
#define OF_TWO(NAME) float NAME(float, float);
OF_TWO(powf) OF_TWO(__powf) OF_TWO(atan2f) OF_TWO(fmodf) OF_TWO(copysignf) OF_TWO(fdimf)
OF_TWO(fminf) OF_TWO(fmaxf) OF_TWO(__fdiv_rn)
float fmaf(float, float, float);
float ldexpf(float, int);
float frexpf(float, int*);
float modff(float, float*);
bool isnan(float);
bool isinf(float);
bool isfinite(float);
bool signbit(float);

int __mulhi(int, int);
unsigned __umulhi(unsigned, unsigned);
int __popcll(unsigned long long);
int __clzll(long long);
int __ffsll(long long);
unsigned __brev(unsigned);

void __syncwarp(unsigned = 0xffffffff);
unsigned __shfl_sync(unsigned, unsigned, int, int = 32);
unsigned __shfl_xor_sync(unsigned, unsigned, int, int = 32);
unsigned __shfl_up_sync(unsigned, unsigned, unsigned, int = 32);
unsigned __shfl_down_sync(unsigned, unsigned, unsigned, int = 32);
int __any_sync(unsigned, int);
int __all_sync(unsigned, int);

template <class T> T atomicExch(T*, T);
template <class T> T atomicAdd(T*, T);
template <class T> T atomicSub(T*, T);
template <class T> T atomicAnd(T*, T);
template <class T> T atomicOr(T*, T);
template <class T> T atomicXor(T*, T);
template <class T> T atomicMin(T*, T);
template <class T> T atomicMax(T*, T);
template <class T> T atomicCAS(T*, T, T);
