// What the explorer is made of. Everything that comes from a model is filled in later, as text.

const HEADER = `
  <header>
    <div class="title"><strong id="name">No model</strong><span><span id="runtime"></span> <span id="status" role="status"></span></span></div>
    <div class="spaces">
      <label>edit <select id="from" aria-describedby="from-hint"></select><small id="from-hint" class="hint">whose codes the sliders move</small></label>
      <label>measure in <select id="to" aria-describedby="to-hint"></select><small id="to-hint" class="hint">where change is measured</small></label>
      <label hidden>draw as <select id="layout" aria-describedby="layout-hint"></select><small id="layout-hint" class="hint">how outputs are pictures</small></label>
      <button id="open-model">Open model…</button><input type="file" id="model-file" accept=".onnx,.pkl,.pt,.pth,.ckpt,.bin,.safetensors,.npz,.h5,.keras" hidden>
    </div>
    <div class="working"><progress id="progress" max="1" hidden></progress><button id="cancel" hidden>Cancel</button></div>
  </header>
  <div id="error" role="alert" hidden><div class="said"><p id="error-text"></p><form id="asked" hidden><label><span id="asked-name"></span> <input id="answer" required></label> <button class="primary">Open</button></form></div><button id="dismiss" aria-label="Dismiss the message">✕</button></div>
  <p id="remarks" class="remarks" hidden></p>`;

const PICTURE = `
    <div class="left">
      <div class="seen">
        <figure class="picture" id="picture"><canvas id="canvas" role="img" aria-label="Generated image"></canvas><canvas id="lens" aria-hidden="true" hidden></canvas><canvas id="surface" role="application" aria-label="Region" tabindex="-1"></canvas><span id="lens-name" class="lens-name"></span></figure>
        <div class="looks" id="looks" role="group" aria-label="What to see over the picture">
          <button id="before" title="Hold to see the picture before the edit (key B)">Before</button>
          <button data-lens="difference" aria-pressed="false" title="How far the picture is from the one before the edit">Difference</button>
          <button data-lens="heat" aria-pressed="false" title="Where in the picture the selected direction acts">Where it acts</button>
        </div>
      </div>
      <div class="legend" id="legend" role="group" aria-label="Colours in the image" hidden></div>
      <div class="sample">
        <button id="new" class="primary">New sample</button>
        <label class="seed">seed <input id="seed" type="number" min="0" step="1" value="0" inputmode="numeric"></label>
        <label class="truncation"><span id="truncation-name">truncation</span><input id="truncation" type="range" min="0" max="1.5" step="0.05" value="1" aria-describedby="truncation-hint"><output id="truncation-value">1.00</output></label>
        <small id="truncation-hint" class="hint"></small>
      </div>
      <div class="inputs" id="inputs" role="group" aria-label="Further inputs of the model" hidden></div>
      <div class="region" id="region" role="group" aria-label="Region of the picture">
        <span class="region-tools" id="region-tools"><span class="caption">Region</span><button data-tool="rectangle" aria-pressed="false" aria-label="Mark a rectangle" title="Rectangle">▭</button><button data-tool="lasso" aria-pressed="false" aria-label="Mark with a lasso" title="Lasso">◌</button><button data-tool="brush" aria-pressed="false" aria-label="Mark with a brush" title="Brush">✎</button><button data-tool="eraser" aria-pressed="false" aria-label="Erase from the region" title="Eraser">⌫</button><button id="clear-region" disabled>Clear</button></span>
        <label>the rest <select id="outside"><option value="ratio">as still as possible</option><option value="keep">kept still</option><option value="ignore">ignored</option></select></label>
        <small id="region-note" class="hint"></small>
      </div>
      <figure class="spectrum" id="spectrum-figure">
        <figcaption><span id="spectrum-title">Singular values</span><span id="dimension"></span><span id="route" class="route"></span></figcaption>
        <div id="spectrum"></div>
        <p class="hint">How far the picture moves along each direction, at the start of the edit. The dashed line counts the directions above noise: the local dimension.</p>
      </figure>
    </div>`;

const DIRECTIONS = `
    <div class="right">
      <div class="tools">
        <div role="group" aria-label="Directions shown" id="kinds"></div>
        <button id="open-directions" title="Directions from a file, next to the others">Open directions…</button><input type="file" id="directions-file" accept=".safetensors" hidden>
      </div>
      <div class="tools">
        <span class="joined"><button id="undo" disabled aria-label="Undo" title="Undo (Ctrl Z)">↶</button><button id="redo" disabled aria-label="Redo" title="Redo (Ctrl Shift Z)">↷</button></span>
        <button id="reset" title="All sliders to zero">Reset</button>
        <button id="recompute" title="Look for directions at the code shown: it becomes the start of further edits">Recompute here</button>
        <span class="joined" role="group" aria-label="How directions are shown" id="views"><button data-view="sliders" aria-pressed="true">Sliders</button><button data-view="grid" aria-pressed="false">Grid</button></span>
        <label title="Keep the spectrum that of the code shown"><input type="checkbox" id="follow"> live</label>
        <label title="What a slider's step is: a standard deviation of the codes, or equally much change for all">step <select id="unit"><option value="deviation">1 standard deviation</option><option value="change">equal predicted change</option></select></label>
        <span id="layers" role="group" aria-label="Layers that are edited" hidden>layers <input id="first-layer" type="number" min="0" step="1" aria-label="First layer that is edited"> – <input id="last-layer" type="number" min="0" step="1" aria-label="Last layer that is edited"></span>
      </div>
      <div id="panel"></div>
    </div>`;

const BELOW = `
  <figure class="strip" id="strip-figure"><figcaption><span id="strip-title">Traversal</span><button id="animation" disabled title="Save the traversal as an animated PNG">Animation</button></figcaption><div id="strip" role="group" aria-label="Traversal of the selected direction"></div></figure>
  <div class="keeping">
    <section class="shelf" aria-label="Shelf of kept directions"><div class="heading"><h2>Shelf</h2><button id="use-shelf" disabled>Use here</button><button id="save-shelf" disabled>Save</button></div><p class="hint" id="shelf-hint"></p><ul id="shelf"></ul></section>
    <section class="timeline" aria-label="Timeline of keyframes"><div class="heading"><h2>Timeline</h2><button id="add-frame" title="Add this picture as a keyframe">Add picture</button><button id="play" disabled>Play</button><span class="joined"><button id="save-apng" disabled title="Save as animated PNG">APNG</button><button id="save-webm" disabled title="Save as WebM video">WebM</button><button id="save-frames" disabled title="Save all frames as PNG files">Frames</button></span></div><p class="hint" id="timeline-hint"></p><ol id="timeline"></ol></section>
    <section class="copies" aria-label="Take it along"><div class="heading"><h2>Take it along</h2><button id="png" title="Save the image as PNG">PNG</button><span class="joined"><button id="copy-link" title="Copy the address of this page">Link</button><button id="copy-command" title="Copy a command line that makes this picture">Command</button><button id="copy-code" title="Copy TypeScript that makes this picture">Code</button></span></div><p class="hint" id="copy-hint">The picture as a file; or, to copy, the address of this page, a command line or TypeScript that makes the same picture.</p></section>
  </div>`;

const EMPTY = `
  <div class="empty" id="empty" hidden>
    <h2 class="invitation">Look into a generator</h2>
    <p>Drop an <b>.onnx</b> file or a checkpoint (<b>.pkl</b>, <b>.pt</b>, <b>.h5</b> …) here: a decoder, a GAN, anything that makes pictures or sounds out of a code. It stays on this machine.</p>
    <p class="choices"><button class="primary" id="open-first">Choose a file…</button></p>
    <div class="samples"><slot name="samples"></slot></div>
    <p class="hint">Also: <b>.safetensors</b> files of directions, once a model is open. Weights must be inside the .onnx file; <code>vielbein explore</code> puts them there.</p>
  </div>`;

export const TEMPLATE: string = `
<section class="explorer" part="explorer" aria-label="Latent space explorer">${HEADER}${EMPTY}
  <div class="body" id="body">
  <div class="columns">${PICTURE}${DIRECTIONS}
  </div>${BELOW}
  </div>
</section>`;
