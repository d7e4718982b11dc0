import { jacobian } from "@vielbein/core";
import { normal } from "@vielbein/linalg";
import { decodeModel, OnnxMap, encodeModel } from "@vielbein/onnx";
import { NodeRuntime, readModelFile } from "@vielbein/runtime-node";
import { mapOfFile } from "./common/maps.mjs";
import { median } from "./common/table.mjs";
const map = await mapOfFile(process.argv[2], {threads:1});
const n=map.from.dim, m=map.to.dim;
const z=Float32Array.from(normal(1,0,n));
const eye=new Float32Array(n*n); for(let i=0;i<n;i++) eye[i*n+i]=1;
const T={jac:[],jvp:[],run:[],run_cpu:[],scatter:[],checks:[],evaluate:[]};
await jacobian(map,z);
const session=await map.jvpSession; const d=map.derivative;
const feeds=()=>({[d.input]:map.tensor(d.input,[],z),[d.inputTangent]:map.tensor(d.input,[n],eye)});
const t=async(k,f)=>{const a=performance.now(); const r=await f(); T[k].push(performance.now()-a); return r;};
console.log("nodes", d.model.graph.nodes.length, JSON.stringify(Object.entries(d.model.graph.nodes.reduce((a,x)=>(a[x.opType]=(a[x.opType]??0)+1,a),{}))));
let cols;
for(let r=0;r<30;r++){
 await t("jac",()=>jacobian(map,z));
 cols=await t("jvp",()=>map.jvp(z,eye,n));
 await t("run",()=>session.run(feeds(),[d.outputTangent]));
 await t("evaluate",()=>map.evaluate(z,1));
 await t("scatter",()=>{const data=new Float64Array(m*n); for(let i=0;i<m;i++) for(let j=0;j<n;j++) data[i*n+j]=cols[j*m+i];});
 await t("checks",()=>{for(let i=0;i<cols.length;i++) if(!Number.isFinite(cols[i])) throw 1; for(let i=0;i<eye.length;i++) if(!Number.isFinite(eye[i])) throw 1;});
}
for(const k in T) if(T[k].length) console.log(k, median(T[k]).toFixed(2), Math.min(...T[k]).toFixed(2));
for (const nd of d.model.graph.nodes) console.log(nd.opType, nd.inputs.join(","),"->",nd.outputs.join(","));
