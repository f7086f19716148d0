package main
import ("testing";"context";"github.com/baobab-authz/baobab/bench/engine";"github.com/baobab-authz/baobab/bench/workload";"github.com/baobab-authz/baobab/tuple";"time";"fmt";"slices")
func TestAll(t *testing.T){
 ctx:=context.Background()
 w:=workload.Workload{Orgs:1634,Seed:1}
 e,_:=engine.NewBaobab()
 if err:=e.Load(ctx,w.Tuples()); err!=nil {t.Fatal(err)}
  qs:=w.Questions(1,workload.Mix)
  ts:=engine.Tuples(qs)
  v:=e.Now()
  run:=func(from,to int){ for c:=range slices.Chunk(ts[from:to],64) { if _,err:=v.CheckAll(ctx,c);err!=nil {t.Fatal(err)} } }
  one:=func(from,to int){ for _,c:=range ts[from:to] { if _,err:=v.Check(ctx,c);err!=nil {t.Fatal(err)} } }
  _ = tuple.Tuple{}
  run(0,len(ts))
  var a,b,c []float64
  for range 10 {
   s:=time.Now(); run(0,len(ts)); a=append(a,float64(time.Since(s))/float64(len(ts)))
   s=time.Now(); one(0,len(ts)); b=append(b,float64(time.Since(s))/float64(len(ts)))
   s=time.Now(); d:=make(chan bool); h:=len(ts)/2; go func(){run(0,h);d<-true}(); run(h,len(ts)); <-d
   c=append(c,float64(len(ts))/time.Since(s).Seconds()/1e6)
  }
  slices.Sort(a);slices.Sort(b);slices.Sort(c)
  fmt.Printf("CheckAll %.0f..%.0f  one by one %.0f..%.0f  two threads M/s %.2f..%.2f\n",a[0],a[5],b[0],b[5],c[5],c[9])
}
