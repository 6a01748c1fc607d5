// Obtains, renews and revokes by the npm package acme-client.
// life.js DIRECTORY_URL HTTP_01_PORT OUTPUT_DIR NAME...
'use strict';

const fs = require('fs');
const http = require('http');
const acme = require('acme-client');

const [directoryUrl, port, output, ...names] = process.argv.slice(2);

const responses = new Map();
const responder = http.createServer((request, response) => {
    const token = request.url.replace('/.well-known/acme-challenge/', '');
    response.statusCode = responses.has(token) ? 200 : 404;
    response.end(responses.get(token));
});

async function obtain(client, file, key) {
    const [certificateKey, csr] = await acme.crypto.createCsr({ altNames: names }, key);
    const chain = await client.auto({
        csr,
        termsOfServiceAgreed: true,
        email: `hostmaster@${names[0]}`,
        challengePriority: ['http-01'],
        // The package would ask the system's resolver, which knows nothing of these names.
        skipChallengeVerification: true,
        challengeCreateFn: async (authorization, challenge, keyAuthorization) => {
            responses.set(challenge.token, keyAuthorization);
        },
        challengeRemoveFn: async (authorization, challenge) => {
            responses.delete(challenge.token);
        },
    });
    fs.writeFileSync(`${output}/${file}.pem`, chain);
    fs.writeFileSync(`${output}/${file}.key`, certificateKey);
    return chain;
}

async function main() {
    await new Promise((listening) => responder.listen(Number(port), '127.0.0.1', listening));
    const client = new acme.Client({ directoryUrl, accountKey: await acme.crypto.createPrivateEcdsaKey() });
    const chains = [];
    for (const file of ['first', 'second']) {
        chains.push(await obtain(client, file, await acme.crypto.createPrivateEcdsaKey('P-256')));
    }
    chains.push(await obtain(client, 'rsa', await acme.crypto.createPrivateRsaKey(2048)));

    // The account goes on under another key, and revokes what it obtained under the first.
    await client.updateAccountKey(await acme.crypto.createPrivateRsaKey(2048));
    for (const chain of chains) {
        await client.revokeCertificate(chain, { reason: 4 });
    }
    await client.updateAccount({ status: 'deactivated' });
}

main()
    .catch((error) => {
        console.error(error);
        process.exitCode = 1;
    })
    .finally(() => responder.close());
