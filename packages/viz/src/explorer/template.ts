// What the explorer is made of. Everything that comes from a model is filled in later, as text.

export const TEMPLATE = `
<section class="explorer" part="explorer" aria-label="Latent space explorer">
  <header>
    <div class="title"><strong id="name">No model</strong><span><span id="runtime"></span> <span id="status" role="status"></span></span></div>
    <div class="spaces">
      <label>edit <select id="from" title="The space whose codes the sliders move"></select></label>
      <label>measure in <select id="to" title="The space in which change is measured"></select></label>
      <label hidden>draw as <select id="layout" title="How an output of the model is a picture"></select></label>
      <label class="button" tabindex="0" role="button" id="open-model">Open model…<input type="file" id="model-file" accept=".onnx,.pkl,.pt,.pth,.ckpt,.bin,.safetensors,.npz,.h5,.keras" tabindex="-1" hidden></label>
    </div>
  </header>
  <p id="error" role="alert" hidden></p>
  <p id="remarks" class="remarks" hidden></p>
  <div class="columns">
    <div class="left">
      <figure class="picture"><canvas id="canvas" role="img" aria-label="Generated image"></canvas><div class="drop" id="hint">Drop an .onnx file or a checkpoint here</div></figure>
      <div class="legend" id="legend" role="group" aria-label="Colours in the image" hidden></div>
      <div class="sample">
        <button id="new" class="primary">New sample</button>
        <label class="seed">seed <input id="seed" type="number" min="0" step="1" value="0" inputmode="numeric"></label>
        <button id="png" title="Save the image as PNG">PNG</button>
        <label class="truncation"><span id="truncation-name">truncation</span><input id="truncation" type="range" min="0" max="1.5" step="0.05" value="1"><output id="truncation-value">1.00</output></label>
      </div>
      <div class="inputs" id="inputs" role="group" aria-label="Further inputs of the model" hidden></div>
      <figure class="spectrum">
        <figcaption><span id="spectrum-title">Singular values</span><span id="dimension"></span><span id="route" class="route"></span></figcaption>
        <div id="spectrum"></div>
      </figure>
    </div>
    <div class="right">
      <div class="tools">
        <div role="group" aria-label="Directions shown" id="kinds"></div>
        <label class="button" tabindex="0" role="button" id="open-directions" title="Directions from a file, next to the others">Open directions…<input type="file" id="directions-file" accept=".safetensors" tabindex="-1" hidden></label>
      </div>
      <div class="tools">
        <button id="recompute" title="Recompute the directions at the code shown">Recompute here</button>
        <button id="reset" title="All sliders to zero">Reset</button>
        <label title="Keep the spectrum that of the code shown"><input type="checkbox" id="follow"> live</label>
        <label>step <select id="unit"><option value="deviation">1 standard deviation</option><option value="change">equal predicted change</option></select></label>
        <span id="layers" role="group" aria-label="Layers that are edited" hidden>layers <input id="first-layer" type="number" min="0" step="1" aria-label="First layer that is edited"> – <input id="last-layer" type="number" min="0" step="1" aria-label="Last layer that is edited"></span>
      </div>
      <div id="panel"></div>
    </div>
  </div>
  <figure class="strip"><figcaption><span id="strip-title">Traversal</span><button id="animation" disabled title="Save the traversal as an animated PNG">Animation</button></figcaption><div id="strip" role="group" aria-label="Traversal of the selected direction"></div></figure>
</section>`;
