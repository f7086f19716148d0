package main
import ("testing";"context";"time";"github.com/baobab-authz/baobab/bench/engine";"github.com/baobab-authz/baobab/bench/workload";"slices";"fmt";"runtime")
func TestScratch(t *testing.T){
 ctx:=context.Background()
 w:=workload.Workload{Orgs:1634,Seed:1}
 e,_:=engine.NewBaobab()
 all:=slices.Collect(w.Tuples())
 t0:=time.Now()
 if err:=e.Load(ctx,slices.Values(all)); err!=nil {t.Fatal(err)}
 fmt.Printf("load %v a tuple\n", time.Since(t0)/time.Duration(len(all)))
 all=nil; runtime.GC()
 type c struct{n string; a engine.Ask; q int; took []float64}
 var cs []*c
 for _,x:=range []struct{n string;k int}{{"tiny",100},{"k",1000},{"hot",workload.Hot},{"mix",workload.Mix}} {
  qs:=w.Questions(1,x.k)
  ask,_:=e.Prepare(qs)
  cs=append(cs,&c{x.n+"/strings",ask,x.k,nil},&c{x.n+"/as",e.PrepareAs(qs),x.k,nil})
 }
 runtime.GC()
 for r:=range 16 {
  for _,c:=range cs {
   for i:=range min(c.q,workload.Hot) { c.a(ctx,i) } // warm hot
   if r==0 { for i:=range c.q { c.a(ctx,i) } }
   s:=time.Now(); n:=min(c.q,60000); off:=(r*60000)%c.q; if c.q<=workload.Hot {n=60000;off=0}
   for i:=range n { if _,err:=c.a(ctx,(off+i)%c.q); err!=nil {t.Fatal(err)} }
   c.took=append(c.took,float64(time.Since(s).Nanoseconds())/float64(n))
  }
 }
 for _,c:=range cs { slices.Sort(c.took); fmt.Printf("%-12s least %.0f  quarter %.0f  median %.0f\n",c.n,c.took[0],c.took[len(c.took)/4],c.took[len(c.took)/2]) }
}
