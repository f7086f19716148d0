package main
import ("testing";"context";"time";"github.com/baobab-authz/baobab/bench/engine";"github.com/baobab-authz/baobab/bench/workload";"github.com/baobab-authz/baobab/tuple";"slices";"os")
func BenchmarkScratch(b *testing.B){
 ctx:=context.Background()
 w:=workload.Workload{Orgs:1634,Seed:1}
 e,_:=engine.NewBaobab()
 all:=slices.Collect(w.Tuples())
 t0:=time.Now()
 if err:=e.Load(ctx,slices.Values(all)); err!=nil {b.Fatal(err)}
 b.Logf("load %v a tuple", time.Since(t0)/time.Duration(len(all)))
 if os.Getenv("HUGE")!="" {hugify()}
 _ = tuple.Object{}
 for _,c:=range []struct{n string;k int}{{"hot",workload.Hot},{"mix",workload.Mix}} {
  qs:=w.Questions(1,c.k)
  ask,_:=e.Prepare(qs)
  as:=e.PrepareAs(qs)
  for _,a:=range []struct{n string;a engine.Ask}{{"strings",ask},{"as",as}} {
  b.Run(c.n+"/"+a.n,func(b *testing.B){
   for i:=range qs { a.a(ctx,i) }
   b.ReportAllocs(); b.ResetTimer()
   for i:=0;i<b.N;i++ { if _,err:=a.a(ctx,i%len(qs)); err!=nil {b.Fatal(err)} }
  })}
 }
}
