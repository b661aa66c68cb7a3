/** The app under test, as a user would write it: every variant but `sticky` runs this very file. */

import { createEchoServer } from "./app/echo-server.mjs";

const port = Number(process.env.PORT ?? 3000);
const { httpServer } = createEchoServer();
httpServer.listen(port, "127.0.0.1", () => console.log(`listening on ${port}`));
