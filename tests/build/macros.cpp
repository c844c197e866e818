// Every header but those of foreign libraries, after the macros of windows.h and Xlib.h that programs trip over. They keep
// their values: what we undefine we give back.
// The standard library protects itself against few of them, so its headers come first.
#include "standard_headers.hpp"

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
// windows.h and what it pulls in
#define near
#define far
#define pascal
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define STRICT 1
#define ERROR 0
#define NO_ERROR 0L
#define TRUE 1
#define FALSE 0
#define DELETE (0x00010000L)
#define IGNORE 0
#define INFINITE 0xFFFFFFFF
#define interface struct
#define small char
#define hyper long
#define cdecl
#define Yield()
#define SendMessage SendMessageA
#define GetObject GetObjectA
#define CreateWindow CreateWindowA
#define GetMessage GetMessageA
#define GetClassName GetClassNameA
#define CreateEvent CreateEventA
#define CreateFile CreateFileA
#define GetCurrentTime() GetTickCount()
#define PostMessage PostMessageA
#define CALLBACK
#define PASSTHROUGH 1
#define TRANSPARENT 1
#define OPAQUE 2
#define ABSOLUTE 1
#define RELATIVE 2
// X.h and Xlib.h
#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define Success 0
#define Always 2
#define Never 0
#define Unsorted 0
#define YSorted 1
#define CursorShape 0
#define FocusIn 9
#define FocusOut 10
#define KeyPress 2
#define Expose 12
#define Complex 0
#define Convex 2
#define Above 0
#define Below 1
#define GrayScale 1
#define BadRequest 1
#define Button1 1
#define InputOnly 2
#define ControlMask (1 << 2)
// others: sys/sysmacros.h, g++'s own without -std, kernels, Arduino
#define major(x) (x)
#define minor(x) (x)
#define makedev(x, y) (x)
#define unix 1
#define linux 1
#define likely(x) (x)
#define unlikely(x) (x)
#define bit(x) (1 << (x))

#include "all_headers.hpp"

#ifndef min
#error "a macro of the user is gone"
#endif

int main() { return min(1, 0) + max(0, 0) + None; }
