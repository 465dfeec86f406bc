// A shop written for the npm package alipay-sdk: steps come as JSON lines, answers go as JSON lines.
const readline = require('node:readline');
const { AlipaySdk } = require('alipay-sdk');

const time = Date.now;
let sdk;

async function carryOut(step) {
  switch (step.do) {
    case 'call': {
      const params = { bizContent: step.fields, ...(step.beside || {}) };
      if (step.notify_url) params.notify_url = step.notify_url;
      if (step.encrypt) params.needEncrypt = true;
      return { content: await sdk.exec(step.method, params, { validateSign: !step.encrypt }) };
    }
    case 'clock': { // of the machine that the shop runs on
      const ahead = step.now_ms - time();
      Date.now = () => time() + ahead;
      return {};
    }
    case 'page':
      return { page: sdk.pageExecute(step.method, step.http || 'GET', { bizContent: step.fields }) };
    case 'curl': {
      const options = {};
      if (step.body) options.body = step.body;
      if (step.query) options.query = step.query;
      if (step.encrypt) options.needEncrypt = true;
      const answer = await sdk.curl(step.http, step.path, options);
      return { content: answer.data, status: answer.responseHttpStatus };
    }
    default:
      return { verified: sdk.checkNotifySign(step.values) };
  }
}

readline.createInterface({ input: process.stdin }).on('line', async line => {
  const step = JSON.parse(line);
  if (!sdk) {
    sdk = new AlipaySdk({
      appId: step.app_id,
      privateKey: step.private_key,
      alipayPublicKey: step.public_key,
      gateway: step.gateway,
      endpoint: step.gateway.replace('/gateway.do', ''),
      encryptKey: step.encrypt_key,
      camelcase: false,
      ...(step.certificates || {}),
    });
    return;
  }
  let answer;
  try {
    answer = await carryOut(step);
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}`, code: error.code, status: error.responseHttpStatus };
  }
  console.log(JSON.stringify(answer));
});
