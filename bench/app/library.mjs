/** The same app under another manager: it joins its fleet by itself, which is one line. */

// As an app writes `import { holdfast } from "holdfast"`: this folder is a package of its own, where that name is not installed.
import { holdfast } from "../../dist/index.js";
import { createEchoServer } from "./echo-server.mjs";

const port = Number(process.env.PORT ?? 3000);
const { httpServer, io } = createEchoServer();
const { ready } = holdfast(io);
httpServer.listen(port, "127.0.0.1", async () => {
  await ready;
  console.log(`listening on ${port}`);
});
