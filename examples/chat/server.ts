/** The chat: an ordinary Socket.IO app. It knows nothing of process managers and runs alone, too: `npx tsx server.ts`. */

import { createServer } from "node:http";
import { Server } from "socket.io";
import { Conversation } from "./conversation.ts";
import { servePage } from "./page.ts";
import { People } from "./people.ts";
import { Rooms } from "./rooms.ts";
import { type Chat, self } from "./workers.ts";

const server = createServer(servePage);
/** The longest honest packet is a message of 500 characters. */
const io: Chat = new Server(server, { maxHttpBufferSize: 16_384 });
const rooms = new Rooms(io);
const people = new People(io);

io.on("connection", (socket) => new Conversation(socket, rooms, people));

server.listen(Number(process.env.PORT ?? 3000), () => {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : address;
  console.log(`chat: worker ${self.name} listens on http://localhost:${port}`);
});
