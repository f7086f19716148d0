package main
import ("os";"bufio";"strings";"fmt";"syscall";"strconv";"runtime")
func hugify() {
 runtime.GC()
 f,_:=os.Open("/proc/self/maps"); defer f.Close()
 sc:=bufio.NewScanner(f)
 for sc.Scan() {
  l:=sc.Text()
  if len(strings.Fields(l))>5 && !strings.Contains(l,"[anon") {continue}
  r:=strings.SplitN(strings.Fields(l)[0],"-",2)
  a,_:=strconv.ParseUint(r[0],16,64); b,_:=strconv.ParseUint(r[1],16,64)
  _,_,e1:=syscall.Syscall(syscall.SYS_MADVISE,uintptr(a),uintptr(b-a),14)
  _,_,e2:=syscall.Syscall(syscall.SYS_MADVISE,uintptr(a),uintptr(b-a),25)
  if b-a > 1<<22 {fmt.Println("c0",l,e1,e2)}
 }
}
