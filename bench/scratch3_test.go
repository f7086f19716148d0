package main
import ("testing";"context";"github.com/baobab-authz/baobab/bench/engine";"github.com/baobab-authz/baobab/bench/workload";"os")
func BenchmarkTiny(b *testing.B){
 ctx:=context.Background()
 w:=workload.Workload{Orgs:163,Seed:1}
 e,_:=engine.NewBaobab()
 if err:=e.Load(ctx,w.Tuples()); err!=nil {b.Fatal(err)}
  qs:=w.Questions(1,100)
  ask,_:=e.Prepare(qs)
  if os.Getenv("AS")!="" { ask=e.PrepareAs(qs) }
   for i:=range qs { ask(ctx,i) }
   b.ReportAllocs(); b.ResetTimer()
   for i:=0;i<b.N;i++ { if _,err:=ask(ctx,i%len(qs)); err!=nil {b.Fatal(err)} }
}
