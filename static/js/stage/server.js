// Questions to the stage's own addresses. An answer that carries words about what went wrong is thrown as `Trouble`.

export class Trouble extends Error {}

export async function read(path) {
  return answerOf(await fetch(path, { headers: { Accept: "application/json" } }));
}

export async function send(path, body) {
  return answerOf(
    await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": document.body.dataset.csrf },
      body: JSON.stringify(body),
    }),
  );
}

async function answerOf(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Trouble(answer.error || "");
  return answer;
}
