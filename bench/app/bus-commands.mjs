/**
 * The app of the bus benchmark, for all variants: what the load client may ask of a worker, each as an event of Socket.IO.
 * It uses nothing but Socket.IO's public interface, so that it cannot know which adapter carries its messages.
 */

/** Long enough for a slow machine: what counts is that every ack comes. Milliseconds. */
const ACK_TIMEOUT = 15_000;

const texts = new Map();
/** Messages that the adapter of the peers brought to this process. */
let messages = 0;
let counting = false;

export function answerBusCommands(io) {
  io.on("who", (answer) => answer(process.pid));
  io.on("connection", (socket) => {
    socket.on("id", (done) => done(socket.id));
    socket.on("join", (room, done) => {
      socket.join(room);
      done();
    });
    socket.on("burst", (burst, done) => onePerTurn(burst.count, (turn) => broadcast(io, burst, turn), done));
    socket.on("burst with acks", (burst, done) => broadcastWithAcks(io, burst).then(done));
    socket.on("question", (done) => question(io, socket, done));
    socket.on("messages", (done) => done(countMessages()));
  });
}

/** Socket.IO would put what one turn of the loop emits into few writes, which no app with single messages has. */
function onePerTurn(count, emit, done) {
  let turn = 0;
  const next = () => {
    emit(turn);
    turn += 1;
    if (turn < count) setImmediate(next);
    else done();
  };
  setImmediate(next);
}

/** Number `from + turn` of this sender, to the targets in turn. */
function broadcast(io, { sender, from, targets, size }, turn) {
  const number = from + turn;
  io.to(targets[number % targets.length]).emit("m", sender, number, microseconds(), textOf(size));
}

/** @returns how many answers came, how many of them twice, and what failed */
async function broadcastWithAcks(io, burst) {
  const answers = [];
  await new Promise((done) => {
    const emit = (turn) => answers.push(broadcastWithAck(io, burst, turn));
    onePerTurn(burst.count, emit, done);
  });
  const totals = { acks: 0, duplicates: 0, errors: [] };
  for (const { error, responses } of await Promise.all(answers)) {
    totals.acks += responses.length;
    totals.duplicates += responses.length - new Set(responses).size;
    if (error) totals.errors.push(error.message);
  }
  return totals;
}

function broadcastWithAck(io, { sender, from, targets, size }, turn) {
  return new Promise((resolve) => {
    io.to(targets)
      .timeout(ACK_TIMEOUT)
      .emit("q", sender, from + turn, microseconds(), textOf(size), (error, responses = []) =>
        resolve({ error, responses }),
      );
  });
}

/** Asks the whole fleet in both ways; the client is told when both are on their way, and then how each ended and when. */
function question(io, socket, done) {
  const settled = (what, answers, error) =>
    socket.emit("settled", { what, at: microseconds(), answers, error: error?.message ?? null });
  io.fetchSockets().then(
    (sockets) => settled("fetchSockets", sockets.length),
    (error) => settled("fetchSockets", 0, error),
  );
  io.serverSideEmit("who", (error, answers) => settled("serverSideEmit", answers?.length ?? 0, error));
  done();
}

/** The first call begins to count: whoever does not ask pays nothing. */
function countMessages() {
  if (!counting) process.on("message", (message) => (messages += message?.source === "_sio_adapter" ? 1 : 0));
  counting = true;
  return messages;
}

function textOf(size) {
  if (!texts.has(size)) texts.set(size, "x".repeat(size));
  return texts.get(size);
}

/** The clock that all processes of a host share. */
function microseconds() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + Math.floor(nanoseconds / 1e3);
}
