import { Connection, OAuth2 } from "jsforce";
console.log(typeof Connection, typeof OAuth2);
