# No warning of siokit's reaches a project that has it in a folder, whatever flags that project is compiled with.
for compiler in g++ clang++-14; do
  command -v "$compiler" >/dev/null || continue
  cmake -S "$consumers/warnings" -B "$compiler" -DCMAKE_CXX_COMPILER="$compiler"
  cmake --build "$compiler"
  "$compiler/consumer"
done
