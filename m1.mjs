const t0=performance.now();
const { createMockOrg } = await import("./dist/mock-server/index.js");
const t1=performance.now();
const org = await createMockOrg({ seed:"demo", now: "2026-03-01T08:00:00Z" });
const t2=performance.now();
console.log("import", t1-t0, "create demo", t2-t1);
for(let r=0;r<3;r++){
let t=performance.now(); for(let i=0;i<2000;i++) org.org.fork(); console.log("core.fork µs",(performance.now()-t)/2);
t=performance.now(); for(let i=0;i<2000;i++) org.fork(); console.log("fork µs",(performance.now()-t)/2);
t=performance.now(); for(let i=0;i<500;i++) org.reset(); console.log("reset µs",(performance.now()-t)/.5);}
