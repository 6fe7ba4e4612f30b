// A service of scimmy with scimmy-routers on express, its users in Redis: a
// document in a string, a hash from userName to id, a sorted set of all ids.
//
// node server.mjs PORT TOKEN REDIS-SOCKET

import { randomUUID } from "node:crypto";
import express from "express";
import Redis from "ioredis";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token, socket] = process.argv.slice(2);
const redis = new Redis({ path: socket });
const names = "peer:names";
const list = "peer:users";
const key = (id) => `peer:user:${id}`;
const fold = (name) => name.toLowerCase();


async function load(ids) {
    if (!ids.length) {
        return [];
    }
    const found = await redis.mget(ids.map(key));
    return found.filter((text) => text !== null).map((text) => JSON.parse(text));
}


async function read(resource) {
    if (resource.id) {
        const text = await redis.get(key(resource.id));
        if (text === null) {
            throw new SCIMMY.Types.Error(404, null, "no such user");
        }
        return JSON.parse(text);
    }

    const eq = resource.filter?.length === 1
               && resource.filter[0].userName;
    if (eq && eq[0] === "eq") {
        const id = await redis.hget(names, fold(eq[1]));
        return load(id === null ? [] : [id]);
    }

    return resource.filter
        ? resource.filter.match(await load(await redis.zrange(list, 0, -1)))
        : page(resource.constraints);
}


// what a list is made of is cut here, and its total told by the constraints
async function page(constraints) {
    const first = Math.max(constraints.startIndex ?? 1, 1) - 1;
    constraints.count ??= 100;
    constraints.totalResults = await redis.zcard(list);
    return load(await redis.zrange(list, first, first + constraints.count - 1));
}


async function write(resource, data) {
    const now = new Date().toISOString();
    const before = resource.id && await read(resource);
    const id = resource.id ?? randomUUID();
    const user = { ...data, id, meta: {
        created: before ? before.meta.created : now, lastModified: now } };

    if (!before || fold(before.userName) !== fold(user.userName)) {
        if (!await redis.hsetnx(names, fold(user.userName), id)) {
            throw new SCIMMY.Types.Error(409, "uniqueness", "userName is taken");
        }
        if (before) {
            await redis.hdel(names, fold(before.userName));
        }
    }

    const change = redis.multi().set(key(id), JSON.stringify(user));
    if (!before) {
        change.zadd(list, Date.now(), id);
    }
    await change.exec();
    return user;
}


async function remove(resource) {
    const user = await read(resource);
    await redis.multi().del(key(user.id)).hdel(names, fold(user.userName))
        .zrem(list, user.id).exec();
}


SCIMMY.Resources.declare(SCIMMY.Resources.User)
    .extend(SCIMMY.Schemas.EnterpriseUser)
    .ingress(write).egress(read).degress(remove);

const app = express();

app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
        if (request.header("Authorization") !== `Bearer ${token}`) {
            throw new Error("wrong token");
        }
        return "bench";
    },
}));

app.listen(Number(port), "127.0.0.1").keepAliveTimeout = 600000;
